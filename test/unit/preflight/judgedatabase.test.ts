import { psqlCommand } from "../../../host/remedies";
import { ConnectFailure, TlsFileError } from "../../../host/postgres";
import { DatabaseFacts, leastVersion, roleOwner, UserFacts } from "../../../preflight/database";
import { explainUnreachableDatabase } from "../../../host/unreachabledatabase";
import { HostFacts } from "../../../preflight/docker";
import { judgeDatabase, judgeDatabases } from "../../../preflight/judgedatabase";
import { OwnedResources } from "../../../preflight/state";
import { judgeUse } from "../../../preflight/usage";
import { parseSettings } from "../../../settings/settings";

const settingsOf = (values: Record<string, string> = {}) =>
    parseSettings({
        project: "pg-sidecar",
        stack: "stage",
        values: {
            "pg-sidecar:pgadminEmail": "admin@example.com",
            "postgresql:host": "127.0.0.1",
            "postgresql:password": "x",
            ...values,
        },
        secretKeys: ["postgresql:password"],
        env: {},
    });
const settings = settingsOf();
const owner = "pg-sidecar/stage";
const lookup = "tracksolid_db.public.user_lookup(text)";
const unknown: OwnedResources = { owner, former: [], ids: [], roles: [], functions: [] };
const good: UserFacts = { mayLogIn: true, verifier: "scram", expired: false };
const served = (name: string, more = {}) => ({ name, connectable: true, template: false, connectionLimit: -1, ...more });
const facts: DatabaseFacts = {
    ...{ version: 170_005, pooled: false, standby: false, readOnly: false, mayReadVerifiers: true, mayCreateRoles: true },
    limits: { maxConnections: 100, superuserReservedConnections: 3, reservedConnections: 0 },
    superusers: ["postgres"],
    databases: [served("postgres"), served("tracksolid_db")],
    users: { postgres: good },
    ...{ md5Roles: [], roleOwners: {}, overloads: [], schemaExists: true, sessions: [] },
};
const judge = (more: Partial<DatabaseFacts>, known: Partial<OwnedResources> = {}, on = settings) =>
    judgeDatabase({ ...facts, ...more }, on, { ...unknown, ...known });
const psql = "psql -h 127.0.0.1 -p 5432 -U postgres";
const set = "pulumi config set --stack stage";

test("as it should be gives no finding", () => {
    expect(judge({})).toEqual([]);
    expect(judge({ roleOwners: { pgbouncer: owner }, functionOwner: owner })).toEqual([]);
    expect(judge({ version: leastVersion })).toEqual([]);
});

test.each<[string, Partial<DatabaseFacts>, string, string]>([
    ["a pooler", { pooled: true, standby: true }, "a pooler answers at 127.0.0.1:5432", `${set} postgresql:host HOST`],
    ["an old version", { version: 120_022 }, "is PostgreSQL 12; the sidecar needs 13 or newer", "pg_upgrade"],
    ["a standby", { standby: true, readOnly: true }, "is a standby", `${psql} -d postgres -c 'SELECT pg_promote()'`],
    [
        "a standby with its primary",
        { standby: true, primary: "db1:5433" },
        "is a standby",
        `${set} postgresql:host db1; ${set} postgresql:port 5433`,
    ],
    ["a read-only login", { readOnly: true }, "read-only", `-c 'ALTER ROLE "postgres" SET default_transaction_read_only = off'`],
    [
        "no right to verifiers",
        { mayReadVerifiers: false, superusers: ["ops", "postgres"] },
        "read pg_authid",
        `${set} postgresql:username ops`,
    ],
    ["no right to roles", { mayCreateRoles: false }, "create roles", `${set} postgresql:username`],
    ["too few connections", { limits: { ...facts.limits, maxConnections: 90 } }, "maxDbConnections: ", ""],
    [
        "a role made by hand",
        { roleOwners: { pgbouncer: "" } },
        "role pgbouncer on 127.0.0.1:5432 is there already",
        "npm run adopt -- --stack stage",
    ],
    [
        "another stack's role",
        { roleOwners: { pgbouncer: "pg-sidecar/copy" } },
        "belongs to stack pg-sidecar/copy",
        "npm run adopt -- --stack stage",
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
    expect(finding!.text).toContain(what);
    expect(finding!.fix ?? "").toContain(fix);
});

test("the admins that are set and the provider's user are both looked at", () => {
    const on = settingsOf({ "postgresql:username": "app", "pg-sidecar:adminUsers": '["Ops-1"]' });
    const users = { app: { ...good, verifier: "md5" as const }, "Ops-1": { ...good, mayLogIn: false } };
    const found = judge({ users }, {}, on);
    expect(found.map(({ text }) => text.split(" on ")[0])).toEqual(["adminUsers: role Ops-1", "postgresql:username: role app"]);
    expect(found[0]!.fix).toBe(`psql -h 127.0.0.1 -p 5432 -U app -d postgres -c 'ALTER ROLE "Ops-1" LOGIN'`);
});

test("nothing is said of verifiers that can't be read", () => {
    const [finding, ...others] = judge({ mayReadVerifiers: false, users: { postgres: { ...good, verifier: "unknown" } } });
    expect(others).toEqual([]);
    expect(finding!.text).toContain("pg_authid");
});

describe("a database to be served", () => {
    const judgeOn = (databases: DatabaseFacts["databases"], names: string[]) =>
        judgeDatabases({ databases }, { ...settings, databases: names });

    test("that is missing is named, with the one that was meant", () => {
        expect(judgeOn(facts.databases, ["postgres", "tracksolid_db", "reports"]).map(({ text }) => text)).toEqual([
            expect.stringMatching(/there is no database reports on 127.0.0.1:5432, only postgres, tracksolid_db.* 'databases\[2\]' NAME$/),
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
        expect(finding).toMatchObject({ level, text: expect.stringContaining(what), fix: expect.stringContaining(fix) });
    });
});

describe("whose role and function are", () => {
    test("what is adopted is no error, though it is not marked yet", () => {
        const byHand = { roleOwners: { pgbouncer: "" }, functionOwner: "" };
        expect(judge(byHand, { roles: ["pgbouncer"], functions: [lookup] })).toEqual([]);
        expect(judge(byHand, { roles: ["pgbouncer_2"], functions: [] })).toHaveLength(2);
    });

    test("what a renamed stack has is its own, though it carries the former name until the next up", () => {
        const former = ["pg-sidecar/former"];
        const marked = { roleOwners: { pgbouncer: former[0]! }, functionOwner: former[0]! };
        expect(judge(marked, { former, roles: ["pgbouncer"], functions: [lookup] })).toEqual([]);
        expect(judge(marked, { former })).toHaveLength(2);
    });

    test("what the state has is this stack's whatever the mark, and a rotation puts it right", () => {
        const marked = { roleOwners: { pgbouncer: "pg-sidecar/prod" }, functionOwner: "pg-sidecar/prod" };
        const [finding, ...others] = judge(marked, { roles: ["pgbouncer"], functions: [lookup] });
        expect(others).toEqual([]);
        expect(finding).toMatchObject({ level: "warning", fix: "npm run rotate -- --stack stage --refresh" });
        expect(finding!.text).toContain("role pgbouncer is marked as that of stack pg-sidecar/prod, function public.user_lookup is");
    });

    test("what another stack uses is neither taken over nor removed", () => {
        const marked = { roleOwners: { pgbouncer: "pg-sidecar/prod" } };
        const [restored] = judge(marked);
        expect(restored!.fix).toContain(`-c 'DROP OWNED BY "pgbouncer"; DROP ROLE "pgbouncer"'`);
        const [used] = judge({ ...marked, sessions: [{ role: "pgbouncer", address: "172.18.0.9", count: 2 }] });
        expect(used!.text).toContain("sessions: 2 from 172.18.0.9");
        expect(used!.fix).toBe(`${set} authUser NAME   (each stack on one database needs its own)`);
    });

    test("the lookup role that is not in force can't be adopted, only removed", () => {
        expect(judge({ roleOwners: { pgbouncer: "" } })[0]!.fix).toContain("npm run adopt");
        const [finding] = judge({ roleOwners: { pgbouncer_2: "" } });
        expect(finding!.fix).not.toContain("npm run adopt");
        expect(finding!.fix).toContain('DROP ROLE "pgbouncer_2"');
    });

    test.each([
        [['search_path=pg_catalog, pg_temp, "pg-sidecar/stage"'], owner],
        [["statement_timeout=5s", "search_path=pg_catalog, pg_temp, pg-sidecar/stage"], owner],
        [["search_path=pg_catalog, public"], ""],
        [[], ""],
    ])("the mark on a role with %j is %j", (config, marked) => {
        expect(roleOwner(config)).toBe(marked);
    });
});

describe("leftovers that a pooler elsewhere uses", () => {
    const container = (id: string, address: string, of?: string) => ({
        ...{
            id,
            name: id,
            running: true,
            volumes: [],
            hostPorts: [],
            health: "",
            healthSaid: "",
            networkMode: "bridge",
            published: [],
            exposes: [],
            ...(of ? { owner: of } : {}),
        },
        networks: { abc: { aliases: [], address } },
    });
    const host: HostFacts = { networks: [], containers: [container("own", "172.18.0.5", owner), container("theirs", "172.18.0.6")] };
    const marked = { ...facts, roleOwners: { pgbouncer: owner }, functionOwner: owner };
    const session = (address: string) => [{ role: "pgbouncer", address, count: 1 }];

    test("are refused with their addresses", () => {
        const [finding, ...others] = judgeUse({ ...marked, sessions: session("10.0.0.7") }, host, settings, unknown);
        expect(others).toEqual([]);
        expect(finding).toMatchObject({ level: "error", fix: expect.stringContaining(`${set} authUser pgbouncer_stage`) });
        expect(finding!.text).toContain("role pgbouncer (of stack pg-sidecar/stage) has sessions, 1 from 10.0.0.7");
        expect(judgeUse({ ...marked, sessions: session("172.18.0.6") }, host, settings, unknown)).toHaveLength(1);
    });

    test("are left to be removed if only this host's own containers use them, or nobody", () => {
        expect(judgeUse({ ...marked, sessions: session("172.18.0.5") }, host, settings, unknown)).toEqual([]);
        expect(judgeUse(marked, host, settings, unknown)).toEqual([]);
    });

    test("are none if the state has them, but another's may be in their place", () => {
        const known = { ...unknown, ids: ["pgbouncer"], roles: ["pgbouncer"], functions: [lookup] };
        expect(judgeUse({ ...marked, sessions: session("10.0.0.7") }, host, settings, known)).toEqual([]);
        const moved = { ...marked, roleOwners: { pgbouncer: "pg-sidecar/prod" }, sessions: session("10.0.0.7") };
        expect(judgeUse(moved, host, settings, known)).toMatchObject([{ level: "error" }]);
    });
});

test("a role with md5 is named in a warning, with psql's own way to set its password", () => {
    const [finding] = judge({ md5Roles: ["grafana_ro", "dwh_owner"] });
    expect(finding).toMatchObject({ level: "warning", text: expect.stringContaining("grafana_ro, dwh_owner") });
    expect(finding!.fix).toContain(`${psql} -d postgres -c 'SET password_encryption = "scram-sha-256"' -c '\\password "grafana_ro"'`);
});

describe("psql's command", () => {
    test("goes through the tunnel, names the stack and quotes what a shell would take apart", () => {
        const on = settingsOf({ "docker:host": "ssh://me@host", "postgresql:username": "Ops 1", "pg-sidecar:adminUsers": '["ops"]' });
        expect(psqlCommand(on, "a b", [`DROP ROLE "it's"`])).toBe(
            `PULUMI_STACK=stage npm run tunnel -- psql -h 127.0.0.1 -p 5432 -U 'Ops 1' -d 'a b' -c 'DROP ROLE "it'\\''s"'`,
        );
    });

    test("has the CA and the certificate that the provider has", () => {
        const on = settingsOf({
            "postgresql:sslmode": "verify-full",
            "postgresql:sslrootcert": "/my ca.pem",
            "postgresql:clientcert": '{"cert":"/c","key":"/k"}',
        });
        expect(psqlCommand(on, "postgres")).toBe(
            `PGSSLMODE=verify-full PGSSLROOTCERT='/my ca.pem' PGSSLCERT=/c PGSSLKEY=/k ${psql} -d postgres`,
        );
    });
});

const failure = (code: string | undefined, message = "no", more: Partial<ConnectFailure> = {}) =>
    Object.assign(new Error(message), code ? { code } : {}, more) as ConnectFailure;

test.each<[string, ConnectFailure, string, string]>([
    ["no TLS", failure(undefined, "The server does not support SSL connections"), "error", "postgresql:sslmode disable"],
    ["a name that is none", failure("ENOTFOUND"), "unchecked", "postgresql:host HOST"],
    ["nobody listening", failure("ECONNREFUSED"), "unchecked", "start it"],
    ["no answer", failure(undefined, "timeout expired"), "unchecked", "start it"],
    ["a closed connection", failure(undefined, "Connection terminated unexpectedly"), "unchecked", "start the database"],
    [
        "a certificate of its own making",
        failure("DEPTH_ZERO_SELF_SIGNED_CERT"),
        "error",
        "openssl s_client -starttls postgres -connect 127.0.0.1:5432",
    ],
    ["an unknown CA", failure("SELF_SIGNED_CERT_IN_CHAIN"), "error", "postgresql:sslrootcert FILE"],
    ["an expired certificate", failure("CERT_HAS_EXPIRED"), "error", "postgresql:sslmode require"],
    ["another name's certificate", failure("ERR_TLS_CERT_ALTNAME_INVALID"), "error", "postgresql:sslmode verify-ca"],
    ["a wrong password", failure("28P01"), "error", "--secret postgresql:password"],
    ["an entry for TLS alone", failure("28000", "no pg_hba.conf entry", { worksWith: "require" }), "error", "postgresql:sslmode require"],
    [
        "no entry",
        failure("28000", 'no pg_hba.conf entry for host "172.18.0.1", user "x"'),
        "error",
        "host all postgres 172.18.0.1/32 scram-sha-256",
    ],
    ["a rejecting entry", failure("28000", "pg_hba.conf rejects connection for host"), "error", "grep -n reject"],
    ["a role without LOGIN", failure("28000", 'role "postgres" is not permitted to log in'), "error", 'ALTER ROLE "postgres" LOGIN'],
    [
        "a certificate of the client's",
        failure("28000", "connection requires a valid client certificate"),
        "error",
        "--path postgresql:clientcert.cert FILE",
    ],
    ["a missing database", failure("3D000"), "error", "postgresql:database tracksolid_db"],
    ["a database without connections", failure("55000"), "error", "postgresql:database tracksolid_db"],
    ["no connection left", failure("53300", "sorry, too many clients already"), "error", "end the sessions that idle: docker exec"],
    ["a role's limit", failure("53300", 'too many connections for role "x"'), "error", "postgresql:username NAME"],
    ["a server that starts", failure("57P03"), "unchecked", "pulumi up --stack stage"],
    ["a cold standby", failure("57P03", "the database system is not accepting connections"), "error", "(of its primary)"],
    ["a pooler", failure("08P01", "no such database: postgres"), "error", "postgresql:host HOST"],
    [
        "a file that isn't there",
        new TlsFileError("postgresql:sslrootcert", "can't be read (ENOENT)"),
        "error",
        "postgresql:sslrootcert FILE",
    ],
])("a connection that fails by %s", (_, cause, level, fix) => {
    const found = explainUnreachableDatabase(cause, settings);
    expect(found).toMatchObject({ level, fix: expect.stringContaining(fix) });
    for (const [, named] of found.fix!.matchAll(/pulumi config (?:set|rm) (\S+ \S+)/g)) expect(named).toBe("--stack stage");
});

test("a database behind an ssh host is reached by the tunnel", () => {
    const { fix } = explainUnreachableDatabase(failure("ECONNREFUSED"), settingsOf({ "docker:host": "ssh://me@host" }));
    expect(fix).toBe("open the way to it: npm run tunnel -- pulumi up --stack stage");
});
