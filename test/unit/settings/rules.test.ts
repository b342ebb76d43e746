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
});
