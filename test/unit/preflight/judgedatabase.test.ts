import { makeAuthority } from "../../../components/pgbouncer/certificate";
import { rollKey } from "../../../components/pgbouncer/roll";
import { DatabaseFacts, oldestVersion, UserFacts } from "../../../preflight/database";
import { judgeDatabase, judgeDatabases } from "../../../preflight/judgedatabase";
import { OwnedResources } from "../../../preflight/state";
import { afterFix, settingsOf } from "../fixture";
import { nothingOwned, owner, set, superuser } from "./fixture";

const settings = settingsOf();
const lookup = "tracksolid_db.public.user_lookup(text)";
const good: UserFacts = { mayLogIn: true, privileged: true, verifier: "scram", expired: false };
const served = (name: string, more = {}) => ({ name, connectable: true, template: false, connectionLimit: -1, ...more });
const none = (role: string) => [role, { role, keeper: `${role}_former`, places: [] }];
const holdings = Object.fromEntries(
    ["pgbouncer", "pgbouncer_2", "people", "sidecar_metrics", "sidecar_lookup"].map(none),
) as DatabaseFacts["holdings"];
const facts: DatabaseFacts = {
    ...{ version: 170_005, standby: false, readOnly: [], tls: true },
    rights: superuser,
    ...{ memberOf: { pg_monitor: [] }, roleSchemas: [], supabase: false },
    limits: { maxConnections: 100, superuserReservedConnections: 3, reservedConnections: 0 },
    superusers: ["postgres"],
    databases: [served("postgres"), served("tracksolid_db")],
    users: { postgres: good },
    ...{ md5Roles: [], roleOwners: {}, holdings, overloads: [], schemaExists: true, sessions: [] },
};
const psql = "psql -h 127.0.0.1 -p 5432 -U postgres";
const judge = (more: Partial<DatabaseFacts>, owned: Partial<OwnedResources> = {}, on = settings) =>
    judgeDatabase({ ...facts, ...more }, on, { ...nothingOwned, ...owned });

test("a database without TLS is named if the pooler is to use it, and only then", () => {
    const without = (serverTlsSslmode: string) => judge({ tls: false }, {}, settingsOf({ serverTlsSslmode }));
    expect(without("prefer")).toEqual([]);
    expect(without("disable")).toEqual([]);
    const [finding] = without("require");
    expect(finding!.what).toBe("serverTlsSslmode: is require, and the database at 127.0.0.1:5432 takes no TLS connections (ssl = off)");
    expect(finding!.fix).toContain(`${set} serverTlsSslmode prefer`);
    expect(judge({}, {}, settingsOf({ serverTlsSslmode: "require" }))).toEqual([]);
});

test("the fix for a database without TLS leaves settings that are accepted, also if they had a CA", async () => {
    const before = { serverTlsSslmode: "verify-full", serverTlsCa: (await makeAuthority("a")).cert };
    const [finding] = judge({ tls: false }, {}, settingsOf(before));
    const after = settingsOf(afterFix(before, finding!.fix ?? ""));
    expect(after).toMatchObject({ serverTlsSslmode: "prefer", serverTlsCa: "" });
    expect(judge({ tls: false }, {}, after)).toEqual([]);
});

test("as it should be gives no finding", () => {
    expect(judge({})).toEqual([]);
    expect(judge({ roleOwners: { pgbouncer: owner }, functionOwner: owner })).toEqual([]);
    expect(judge({ version: oldestVersion })).toEqual([]);
});

test.each([
    ["fd00::5:5432", "'[fd00::5]'"],
    ["10.0.0.5:5432", "10.0.0.5"],
    ["db1; $(id):5432", "'db1; $(id)'"],
])("a standby's primary %s is named as the settings take it, in the shell's quotes", (primary, host) => {
    const [finding] = judge({ standby: true, primary });
    expect(finding!.fix).toContain(`${set} postgresql:host ${host}; ${set} postgresql:port 5432   (the primary`);
});

test("a primary on the standby's own socket is not a host", () => {
    expect(judge({ standby: true, primary: "/var/run/postgresql:5433" })).toEqual(judge({ standby: true }));
});

test.each<[string, Partial<DatabaseFacts>, string, string]>([
    ["an old version", { version: 120_022 }, "is PostgreSQL 12; the sidecar needs 13 or newer", "pg_upgrade"],
    [
        "a standby",
        { standby: true, readOnly: [{ database: "postgres", source: "user" }] },
        "is a standby",
        `${psql} -d postgres -c 'SELECT pg_promote()'`,
    ],
    [
        "a standby with its primary",
        { standby: true, primary: "db1:5433" },
        "is a standby",
        `${set} postgresql:host db1; ${set} postgresql:port 5433`,
    ],
    [
        "a read-only login",
        { readOnly: ["postgres", "tracksolid_db"].map((database) => ({ database, source: "user" })) },
        "start read-only in postgres, tracksolid_db (",
        `${psql} -d postgres -c 'SET default_transaction_read_only = off' -c 'ALTER ROLE "postgres" SET default_transaction_read_only = off'`,
    ],
    [
        "a read-only database",
        { readOnly: [{ database: "tracksolid_db", source: "database" }] },
        "start read-only in tracksolid_db (",
        `-c 'ALTER ROLE "postgres" SET default_transaction_read_only = off'`,
    ],
    [
        "a login that is read-only in one database",
        { readOnly: [{ database: "tracksolid_db", source: "database user" }] },
        "start read-only in tracksolid_db (",
        `-c 'ALTER ROLE "postgres" IN DATABASE "tracksolid_db" SET default_transaction_read_only = off'`,
    ],
    [
        "too few connections",
        { limits: { ...facts.limits, maxConnections: 80 } },
        "maxDbConnections: the sidecar may hold",
        `${set} maxDbConnections 13`,
    ],
    [
        "a role made by hand",
        { roleOwners: { pgbouncer: "" } },
        "role pgbouncer on 127.0.0.1:5432 is there already",
        "./sidecar adopt --stack stage",
    ],
    [
        "another stack's role",
        { roleOwners: { pgbouncer: "pg-sidecar/copy" } },
        "belongs to stack pg-sidecar/copy",
        "./sidecar adopt --stack stage",
    ],
    ["a function made by hand", { functionOwner: "" }, "function public.user_lookup", `-c 'DROP FUNCTION "public"."user_lookup"(text)'`],
    ["another stack's function", { functionOwner: "pg-sidecar/copy" }, "belongs to stack", `${set} authFunction`],
    [
        "an overloaded name",
        { overloads: ["user_lookup(name)"] },
        "user_lookup(name)",
        `${psql} -d tracksolid_db -c 'DROP FUNCTION user_lookup(name)'`,
    ],
    ["a missing schema", { schemaExists: false }, "has no schema public", `${psql} -d tracksolid_db -c 'CREATE SCHEMA "public"'`],
    [
        "a missing admin",
        { users: {} },
        "adminUsers: role postgres on 127.0.0.1:5432 does not exist",
        "pulumi config rm --stack stage adminUsers",
    ],
    [
        "an admin without LOGIN",
        { users: { postgres: { ...good, mayLogIn: false } } },
        "may not log in",
        `${psql} -d postgres -c 'ALTER ROLE "postgres" LOGIN'`,
    ],
    ["an admin's md5 verifier", { users: { postgres: { ...good, verifier: "md5" } } }, "has an md5 verifier", `-c '\\password "postgres"'`],
    [
        "an admin without a password",
        { users: { postgres: { ...good, verifier: "none" } } },
        "has no password",
        `-c '\\password "postgres"'`,
    ],
    ["an admin's expired password", { users: { postgres: { ...good, expired: true } } }, "has expired", "VALID UNTIL"],
])("%s is an error with what fixes it", (_, more, what, fix) => {
    const [finding, ...others] = judge(more);
    expect(others).toEqual([]);
    expect(finding!.level).toBe("error");
    expect(finding!.what).toContain(what);
    expect(finding!.fix ?? "").toContain(fix);
});

test("in a read-only session, each place gets its statement once", () => {
    const readOnly = [
        { database: "postgres", source: "configuration file" },
        { database: "tracksolid_db", source: "database user" },
        { database: "tracksolid_db", source: "database user" },
    ];
    const [finding, ...others] = judge({ readOnly });
    expect(others).toEqual([]);
    expect(finding!.fix!.match(/ALTER ROLE "postgres"( IN DATABASE "tracksolid_db")? SET/g)).toHaveLength(2);
});

test("the admins that are set and the provider's user are both looked at", () => {
    const on = settingsOf({ "postgresql:username": "app", adminUsers: ["Ops-1"] });
    const users = { app: { ...good, verifier: "md5" as const }, "Ops-1": { ...good, mayLogIn: false } };
    const found = judge({ users }, {}, on);
    expect(found.map(({ what }) => what.split(" on ")[0])).toEqual(["adminUsers: role Ops-1", "postgresql:username: role app"]);
    expect(found[0]!.fix).toBe(`psql -h 127.0.0.1 -p 5432 -U app -d postgres -c 'ALTER ROLE "Ops-1" LOGIN'`);
});

test("nothing is said of verifiers that can't be read", () => {
    expect(judge({ users: { postgres: { ...good, verifier: "unknown" } } })).toEqual([]);
});

describe("a database to be served", () => {
    const judgeOn = (databases: DatabaseFacts["databases"], names: string[]) =>
        judgeDatabases({ databases }, { ...settings, databases: names });

    test("that is missing is named, with the one that was meant", () => {
        expect(judgeOn(facts.databases, ["postgres", "tracksolid_db", "reports"])).toMatchObject([
            {
                what: "databases: there is no database reports on 127.0.0.1:5432, only postgres, tracksolid_db",
                fix: `${set} --path 'databases[2]' NAME`,
            },
        ]);
        expect(judgeOn([served("Reports")], ["reports"])[0]!.fix).toBe(`${set} --path 'databases[0]' Reports`);
    });

    test.each<[string, object, string, string]>([
        [
            "takes no connections",
            { connectable: false },
            "error",
            `${psql} -d postgres -c 'ALTER DATABASE "reports" ALLOW_CONNECTIONS true'`,
        ],
        ["was left invalid", { connectionLimit: -2 }, "error", "'databases[0]' NAME"],
        ["is a template", { template: true }, "warning", `${psql} -d postgres -c 'ALTER DATABASE "reports" IS_TEMPLATE false'`],
        ["takes 3 connections", { connectionLimit: 3 }, "warning", `${psql} -d postgres -c 'ALTER DATABASE "reports" CONNECTION LIMIT -1'`],
    ])("and %s is named, with what fixes it", (what, more, level, fix) => {
        const [finding, ...others] = judgeOn([served("reports", more)], ["reports"]);
        expect(others).toEqual([]);
        expect(finding).toMatchObject({ level, what: expect.stringContaining(what), fix: expect.stringContaining(fix) });
    });
});

describe("whose role and function are", () => {
    test("what is adopted is no error, though it is not marked yet", () => {
        const byHand = { roleOwners: { pgbouncer: "" }, functionOwner: "" };
        expect(judge(byHand, { roles: ["pgbouncer"], functions: [lookup] })).toEqual([]);
        expect(judge(byHand, { roles: ["pgbouncer_2"], functions: [] })).toHaveLength(2);
    });

    test("what a renamed stack has is its own, though it carries the former name until the next up", () => {
        const previousNames = ["pg-sidecar/former"];
        const marked = { roleOwners: { pgbouncer: previousNames[0]! }, functionOwner: previousNames[0]! };
        expect(judge(marked, { previousNames, roles: ["pgbouncer"], functions: [lookup] })).toEqual([]);
        expect(judge(marked, { previousNames })).toHaveLength(2);
    });

    test("what the state has is this stack's whatever the mark, and a rotation puts it right", () => {
        const marked = { roleOwners: { pgbouncer: "pg-sidecar/prod" }, functionOwner: "pg-sidecar/prod" };
        const [finding, ...others] = judge(marked, { roles: ["pgbouncer"], functions: [lookup] });
        expect(others).toEqual([]);
        expect(finding).toMatchObject({ level: "warning", fix: "./sidecar rotate --stack stage --refresh" });
        expect(finding!.what).toContain("role pgbouncer is marked as that of stack pg-sidecar/prod, function public.user_lookup is");
    });

    test("what a role owns is kept in each database when it is removed, and not as an administrator's", () => {
        const places = [
            { database: "dwh", owns: true },
            { database: "tracksolid_db", owns: false },
        ];
        const holdings = { pgbouncer: { role: "pgbouncer", keeper: "pgbouncer_former", places } };
        const [finding] = judge({ roleOwners: { pgbouncer: "" }, holdings });
        const [, remove] = finding!.fix!.split("remove it: ");
        expect(remove!.split(" && ")).toEqual([
            `${psql} -d dwh -c 'CREATE ROLE "pgbouncer_former" NOLOGIN ROLE CURRENT_USER; REASSIGN OWNED BY "pgbouncer" TO "pgbouncer_former"'`,
            `${psql} -d dwh -c 'DROP OWNED BY "pgbouncer"'`,
            `${psql} -d tracksolid_db -c 'DROP OWNED BY "pgbouncer"; DROP ROLE "pgbouncer"'`,
        ]);
    });

    test("what another stack uses is neither taken over nor removed", () => {
        const marked = { roleOwners: { pgbouncer: "pg-sidecar/prod" } };
        const [restored] = judge(marked);
        expect(restored!.fix).toContain(`-d tracksolid_db -c 'DROP OWNED BY "pgbouncer"; DROP ROLE "pgbouncer"'`);
        const [used] = judge({ ...marked, sessions: [{ role: "pgbouncer", address: "172.18.0.9", count: 2 }] });
        expect(used!.what).toContain("sessions: 2 from 172.18.0.9");
        expect(used!.fix).toBe(`${set} authUser NAME   (each stack on one database needs its own)`);
    });

    test("the lookup role that is not in force can't be adopted, only removed", () => {
        expect(judge({ roleOwners: { pgbouncer: "" } })[0]!.fix).toContain("./sidecar adopt");
        const [finding] = judge({ roleOwners: { pgbouncer_2: "" } });
        expect(finding!.fix).not.toContain("./sidecar adopt");
        expect(finding!.fix).toContain('DROP ROLE "pgbouncer_2"');
    });
});

test("a role with md5 is named in a warning, with psql's own way to set its password", () => {
    const [finding] = judge({ md5Roles: ["grafana_ro", "dwh_owner"] });
    expect(finding).toMatchObject({ level: "warning", what: expect.stringContaining("grafana_ro, dwh_owner") });
    expect(finding!.fix).toContain(`${psql} -d postgres -c 'SET password_encryption = "scram-sha-256"' -c '\\password "grafana_ro"'`);
});

describe("a roll that the server has too few connections for", () => {
    const tight = { limits: { ...facts.limits, maxConnections: 90 } };
    const same = {
        key: rollKey(settings),
        networks: ["coolify-net", "pg-sidecar-1"],
        owner: nothingOwned.owner,
        startInterval: true,
        openFiles: 65_536,
    };

    test.each<[string, string, Partial<OwnedResources>]>([
        ["a warning before the first up", "warning", {}],
        ["a warning if this run does not roll", "warning", { pooler: same }],
        ["an error if another program's pooler serves", "error", { pooler: { ...same, key: "" } }],
        [
            "an error if something changes that only another container takes",
            "error",
            { pooler: { ...same, key: rollKey({ ...settings, listenPort: 6433 }) } },
        ],
        ["an error if the stack was renamed", "error", { pooler: { ...same, owner: "pg-sidecar/former" } }],
    ])("is %s", (_, level, owned) => {
        const [finding, ...others] = judge(tight, owned);
        expect(others).toEqual([]);
        expect(finding).toMatchObject({ level, fix: expect.stringContaining(`${set} maxDbConnections 11 `) as string });
    });

    test.each<[string, Partial<OwnedResources>, string | undefined]>([
        ["the same processes", { pooler: { ...same, key: "other" }, before: { processes: 1, maxDbConnections: 30 } }, undefined],
        ["another number of processes", { pooler: { ...same, key: "other" }, before: { processes: 2, maxDbConnections: 30 } }, "error"],
        ["too few open files", { pooler: { ...same, key: "other", openFiles: 200 }, before: { maxDbConnections: 30 } }, "error"],
        ["a program that can't reload", { pooler: { ...same, key: "" }, before: { maxDbConnections: 30 } }, "error"],
    ])("counts what the pooler keeps that has %s", (_, owned, level) => {
        expect(judge({}, owned)[0]?.level).toBe(level);
    });

    test.each([
        ["the same engine", true, "warning"],
        ["an engine that was asked for nothing", undefined, "warning"],
        ["an engine that checks health in another way", false, "error"],
    ])("on %s (%s), is one of level %s", (_, startInterval, level) =>
        expect(judgeDatabase({ ...facts, ...tight }, settings, { ...nothingOwned, pooler: same }, startInterval)).toMatchObject([
            { level },
        ]),
    );

    test.each([
        ["another network", "coolify-net", "error"],
        ["a network that is not known without the engine", "", "warning"],
    ])("if the database is on %s", (_, databaseNetwork, level) => {
        const pooler = { ...same, networks: ["another"] };
        expect(judge(tight, { pooler }, settingsOf({ databaseNetwork }))).toMatchObject([{ level }]);
    });
});

describe("without poolSuperusers", () => {
    const closed = { poolSuperusers: false };

    test("an admin who is a superuser is an error, and a role of the people's own fixes it", () => {
        const [finding, ...others] = judge({}, {}, settingsOf(closed));
        expect(others).toEqual([]);
        expect(finding).toMatchObject({ level: "error", what: expect.stringContaining("adminUsers: role postgres") });
        expect(finding!.fix).toMatch(new RegExp(`^${set} pgadminRole people `));
        expect(judge({}, {}, settingsOf({ ...closed, pgadminRole: "people" }))).toEqual([]);
        expect(judge({}, {}, settingsOf({ ...closed, pgadminRole: "people", adminUsers: ["postgres"] }))[0]!.fix).toMatch(
            /^pulumi config rm --stack stage adminUsers/,
        );
    });

    test("without pgAdmin, whose role has no effect, the fix is an admin who is none", () => {
        const [finding] = judge({}, {}, settingsOf({ ...closed, adminUi: "none" }));
        expect(finding!.fix).toMatch(new RegExp(`^${set} --path 'adminUsers\\[0\\]' ROLE `));
    });

    test("an admin who is not a superuser is none, and the provider's login need not log in through the pool", () => {
        const users = { ops: { ...good, privileged: false }, postgres: { ...good, verifier: "md5" as const } };
        expect(judge({ users }, {}, settingsOf({ ...closed, adminUsers: ["ops"] }))).toEqual([]);
    });
});

describe("Supabase's PostgreSQL", () => {
    const supabase = { supabase: true, roleOwners: { pgbouncer: "" } };

    test("keeps its role pgbouncer: another name is proposed, not adoption", () => {
        const [finding, ...others] = judge(supabase);
        expect(others).toEqual([]);
        expect(finding).toMatchObject({ level: "error", fix: `${set} authUser sidecar_lookup` });
        expect(finding!.what).toContain("is Supabase's own");
    });

    test("has no say in what is the stack's", () => {
        expect(judge({ supabase: true, roleOwners: { sidecar_lookup: owner } }, {}, settingsOf({ authUser: "sidecar_lookup" }))).toEqual(
            [],
        );
    });
});

test("a role that is there already is not made pgAdmin's", () => {
    const [finding, ...others] = judge({ roleOwners: { people: "" } }, {}, settingsOf({ pgadminRole: "people" }));
    expect(others).toEqual([]);
    expect(finding!.what).toMatch(/^pgadminRole: role people on .* is there already/);
    expect(finding!.fix).not.toContain("adopt");
    expect(finding!.fix).toContain(`${set} pgadminRole NAME`);
});
