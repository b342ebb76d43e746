import { Key } from "../../../settings/schema";
import { complaint, Overrides, settingsOf } from "../fixture";

test("an image without a digest is refused, except in local", () => {
    const values = { pgadminImage: "dpage/pgadmin4:9.17" };
    expect(complaint(values)).toContain("without a digest");
    expect(settingsOf(values, { stack: "local" }).pgadminImage).toBe("dpage/pgadmin4:9.17");
});

test.each([
    [{ minPoolSize: "16" }, "minPoolSize is 16, more than defaultPoolSize (15)"],
    [{ defaultPoolSize: "17" }, "more than maxDbConnections (16)"],
    [{ databases: '["pgbouncer"]' }, "keeps for itself"],
])("%j contradicts another setting", (values, said) => {
    expect(complaint(values)).toContain(said);
});

/** The settings after every printed fix was run as printed. */
function fixed(settings: Overrides, said: string): Overrides {
    const after = { ...settings };
    for (const [, key, quoted, plain] of said.matchAll(/Fix: pulumi config set --stack stage (\S+) (?:'([^']*)'|(\S+))/g))
        after[key as Key] = quoted ?? plain;
    for (const [, key] of said.matchAll(/Fix: pulumi config rm --stack stage (\S+)/g)) delete after[key as Key];
    return after;
}

test.each<Overrides>([
    { minPoolSize: "16" },
    { maxClientConn: "20000" },
    { defaultPoolSize: "17" },
    { minPoolSize: "30", defaultPoolSize: "20" },
    { databases: '["pgbouncer"]' },
    { databases: '["tracksolid_db","pgbouncer_lookup"]' },
    { adminUsers: '["pgbouncer_2"]' },
    { authUser: "app", adminUsers: '["app_2"]' },
    { authUser: "app", "postgresql:username": "app" },
    { authUser: "app", "postgresql:username": "app", adminUsers: '["app","pgbouncer"]' },
    { "postgresql:username": "pgbouncer" },
    { "postgresql:username": "pgbouncer_2", adminUsers: '["pgbouncer"]' },
    { pgbouncerAlias: "pgadmin" },
    { databaseHost: "pgbouncer" },
    { proxyTls: "false" },
    { oidcIssuer: "https://id.example.com" },
    { oidcClientId: "pgadmin" },
    { oidcClientSecret: "hunter22" },
    { oidcPasswordLogin: "false" },
    {
        oidcName: "Foo/Bar",
        oidcIssuer: "https://id.example.com",
        oidcClientId: "pgadmin",
        oidcClientSecret: "hunter22",
        pgadminEgress: "true",
    },
    { pgadminDomain: "a b" },
    { databaseNetwork: "a b" },
    { pipelineTable: "a b" },
    { listenPort: "1" },
    { pgadminEmail: "nobody" },
])("the printed fix of %j, run as printed, fixes it", (settings) => {
    const after = fixed(settings, complaint(settings));
    expect(after).not.toEqual(settings);
    expect(() => settingsOf(after)).not.toThrow();
});

describe("a stack's name", () => {
    test.each<[Overrides, number, string]>([
        [{}, 52, "PostgreSQL cuts pg-sidecar/NAME, the mark of the stack's roles, after 63 characters"],
        [{ metrics: true }, 36, "a part of a DNS name has 63 characters at most (pgbouncer-database-metrics-NAME)"],
        [{ metrics: true, pgbouncerAlias: "pool.example" }, 38, "has 63 characters at most (pool.example-database-metrics-NAME)"],
        [{ pgbouncerAlias: "a".repeat(63) }, 52, "PostgreSQL cuts"],
    ])("with %j may have %d characters and no more", (overrides, most, why) => {
        const longest = "s".repeat(most);
        expect(settingsOf(overrides, { stack: longest }).stack).toBe(longest);
        const said = complaint(overrides, { stack: `${longest}s` });
        expect(said).toContain(`stack has a name of ${most + 1} characters, and it may have at most ${most}: `);
        expect(said).toContain(why);
        expect(said).toContain(`Fix: pulumi stack rename --stack ${longest}s ${longest}   (`);
    });

    test("that is cut in the fix ends with a letter or a digit", () => {
        expect(complaint({}, { stack: `${"s".repeat(50)}-_rest` })).toContain(` ${"s".repeat(50)}   (`);
    });

    test("with dots may be longer with metrics, since DNS limits each part", () => {
        const stack = `${"s".repeat(36)}.${"t".repeat(15)}`;
        expect(settingsOf({ metrics: true }, { stack }).stack).toBe(stack);
        const said = complaint({ metrics: true }, { stack: `s${stack}` });
        expect(said).toContain("stack has a name of 37 characters before its first dot, and it may have at most 36: ");
        expect(said).toContain(`Fix: pulumi stack rename --stack s${stack} ${stack}   (`);
    });

    test.each([
        ["stage", 60],
        ["s".repeat(36), 10],
    ])("of %s is not blamed for a pgbouncerAlias of %d characters", (stack, length) => {
        const said = complaint({ metrics: true, pgbouncerAlias: "a".repeat(length) }, { stack });
        expect(said).toMatch(new RegExp(`Fix: pulumi config set --stack ${stack} pgbouncerAlias pgbouncer$`));
    });

    test("and an alias that are both too long get both fixes", () => {
        const stack = "s".repeat(37);
        const said = complaint({ metrics: true, pgbouncerAlias: "a".repeat(10) }, { stack });
        const rename = `pulumi stack rename --stack ${stack} ${"s".repeat(36)}   (`;
        expect(said).toContain(`Fix: pulumi config set --stack ${stack} pgbouncerAlias pgbouncer; ${rename}`);
    });
});

describe("adminUsers", () => {
    test("follow postgresql:username unless they are set", () => {
        expect(settingsOf({ "postgresql:username": "app" }).adminUsers).toEqual(["app"]);
        expect(settingsOf({}, { env: { PGUSER: "app" } }).adminUsers).toEqual(["app"]);
        expect(settingsOf({ "postgresql:username": "app", adminUsers: '["ops","postgres"]' }).adminUsers).toEqual(["ops", "postgres"]);
    });

    test("that follow a name which the pooler can't use or reserves are refused", () => {
        expect(complaint({ "postgresql:username": "app user" })).toContain("pulumi config set --stack stage --path 'adminUsers[0]' NAME");
        expect(complaint({ "postgresql:username": "pgbouncer" })).toContain(
            "authUser is pgbouncer, so the pooler keeps pgbouncer for itself",
        );
        expect(complaint({ "postgresql:username": "pgbouncer_2", adminUsers: '["pgbouncer"]' })).toContain(
            "authUser is pgbouncer, so the pooler keeps pgbouncer_2 for itself, which is postgresql:username",
        );
    });
});

test.each([
    ["timescale_db", "the name of the database (databaseHost)"],
    ["pgadmin", "pgAdmin's name"],
    ["localhost", "each container's own name"],
    ["10.0.0.7", "an address"],
])("the pooler can't be called %s", (alias, whose) => {
    const said = complaint({ pgbouncerAlias: alias });
    expect(said).toContain(`pgbouncerAlias is ${alias}, which is ${whose}`);
    expect(said).toContain("pulumi config set --stack stage pgbouncerAlias pgbouncer");
});

test("if the database is called pgbouncer, the fix gives the pooler another name", () => {
    expect(complaint({ databaseHost: "pgbouncer" })).toContain("pgbouncerAlias pgbouncer-pool");
});

describe("pgadminRole", () => {
    test.each<[Overrides, string, string]>([
        [{ pgadminRole: "pgbouncer_2" }, "which the pooler keeps for itself (authUser)", "pgadminRole people"],
        [{ pgadminRole: "people", authUser: "people" }, "which the pooler keeps", "pgadminRole pgadmin_people"],
        [{ pgadminRole: "app", "postgresql:username": "app" }, "which is postgresql:username", "pgadminRole people"],
        [{ pgadminRole: "pg_people" }, "it must not be a name that PostgreSQL reserves", ""],
        [{ pgadminPassfile: true }, "there is no pgadminRole whose password it could hold", "pgadminPassfile false"],
    ])("%j is refused, with what fixes it", (overrides, what, fix) => {
        expect(complaint(overrides)).toContain(what);
        expect(complaint(overrides)).toContain(fix);
    });

    test("nobody is an admin of the console if no superuser can log in there, unless one is set", () => {
        const closed = { poolSuperusers: false, pgadminRole: "people" };
        expect(settingsOf(closed).adminUsers).toEqual([]);
        expect(settingsOf({ ...closed, adminUsers: ["ops"] }).adminUsers).toEqual(["ops"]);
        expect(settingsOf({ poolSuperusers: false }).adminUsers).toEqual(["postgres"]);
    });
});
