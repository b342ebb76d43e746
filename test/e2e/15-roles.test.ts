import { attempt, run, until } from "../../lab/run";
import { Report } from "../../cli/verify/check";
import { lookupConnections } from "../../components/pgbouncer/lookupconnections";
import { direct } from "./support/database";
import { connectEntry, PgadminRequests } from "./support/pgadminconnect";
import { expectNoLeak, secretsOf } from "./support/secrets";
import { pulumi, removeConfig, replacing, setConfig, upWithoutChanges, useStack } from "./support/stack";

// Roles with no more rights than they need: the lookup's, and one of pgAdmin's people, without whom no superuser goes through the pool.

const on = useStack("15-roles");
const { clients } = on;

/** An ordinary role of a client, with the password that the lab's clients have. */
const client = "steady";
/** The role of pgAdmin's people. */
const people = "people";
const settings = { poolSuperusers: "false", pgadminRole: people, pgadminPassfile: "true", defaultPoolSize: "14", logConnections: "true" };
const schemas = "pgadminRoleSchemas";

/** Another schema of those, which somebody drops. */
const dropped = "marts";

beforeAll(async () => {
    await direct(on, `DROP ROLE IF EXISTS ${client}; CREATE ROLE ${client} LOGIN PASSWORD '${on.lab.databasePassword}'`);
    await direct(on, `CREATE SCHEMA IF NOT EXISTS ${dropped}`);
});

afterAll(async () => {
    for (const key of [...Object.keys(settings), schemas]) await removeConfig(on, key);
    await direct(on, `DROP SCHEMA IF EXISTS ${dropped}; DROP ROLE IF EXISTS ${client}, replica`);
});

/** psql through the pool. */
const pooled = (user: string, password: string, ...commands: string[]) =>
    attempt("docker", [
        "exec", "-e", `PGPASSWORD=${password}`, on.out.pgbouncerContainer, "psql", "-h", "pgbouncer", "-p", "6432", "-U", user,
        "-d", "tracksolid_db", "-AtqX", ...commands.flatMap((command) => ["-c", command]),
    ]); // prettier-ignore
const asPeople = (...commands: string[]) => pooled(people, on.out.pgadminRolePassword!, ...commands);

const leftVolume = "pgadmin-secrets-0badbad";

/** A volume, and the role of pgAdmin's people with a table in each of two databases, as a run leaves them that recorded neither. */
async function leaveBehind(): Promise<void> {
    const owner = "pg-sidecar/local";
    await run("docker", ["volume", "create", "--label", `pg-sidecar.stack=${owner}`, leftVolume]);
    await direct(on, `CREATE ROLE ${people} LOGIN; ALTER ROLE ${people} SET search_path = "$user", public, "${owner}"`);
    for (const database of [undefined, "postgres"])
        await direct(on, `CREATE TABLE notes (n int); ALTER TABLE notes OWNER TO ${people}`, database);
}

/** Watches until stopped how many sessions the lookup role has at the most. */
function watchLookups() {
    let going = true;
    const watching = (async () => {
        let [most, looks] = [0, 0];
        for (; going; looks++) {
            const [found] = await direct<{ count: number }>(on, "SELECT count(*)::int FROM pg_stat_activity WHERE usename = 'pgbouncer'");
            most = Math.max(most, found!.count);
            await new Promise((resolve) => setTimeout(resolve, 20));
        }
        return { most, looks };
    })();
    return () => {
        going = false;
        return watching;
    };
}

test("a role that is there already is not made that of pgAdmin's people", async () => {
    await setConfig(on, "pgadminRole", client);
    const { code, stdout, stderr } = await pulumi(on, ["preview"]);
    expect(stdout + stderr).toMatch(/pgadminRole: role steady on .* is there already/);
    expect(code).not.toBe(0);
});

test("no login fails while the function is replaced in place, the pool reloads and the pooler rolls, within the lookup role's limit", async () => {
    for (const [key, value] of Object.entries(settings)) await setConfig(on, key, value);
    for (const [at, schema] of ["tracksolid", dropped].entries()) await setConfig(on, `${schemas}[${at}]`, schema, "--path");
    await leaveBehind();
    expect((await connectEntry(on.out, { password: on.lab.databasePassword, save: true })).status).toBe(200);
    expect(await connectEntry(on.out)).toMatchObject({ status: 200, user: "postgres" }); // by the saved password
    const watched = watchLookups();
    const { failures, said } = await clients.connecting(() => on.up(...replacing), { user: client });
    const { most, looks } = await watched();
    console.log(`${said}; at most ${most} sessions of the lookup role, of ${lookupConnections(1)} (${looks} looks)`);
    expect(failures).toEqual([]);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(lookupConnections(1));
    const { stdout, stderr } = await attempt("docker", ["logs", "--since", "2m", on.lab.databaseContainer]);
    expect(stdout + stderr).not.toContain("too many connections for role");
    const [role] = await direct(on, "SELECT rolconnlimit, rolinherit, rolcreaterole FROM pg_roles WHERE rolname = 'pgbouncer'");
    expect(role).toEqual({ rolconnlimit: lookupConnections(1), rolinherit: false, rolcreaterole: false });
});

test("what an interrupted run left is gone, and what somebody made as its role stays", async () => {
    for (const database of [undefined, "postgres"]) {
        const [table] = await direct(on, "SELECT tableowner FROM pg_tables WHERE tablename = 'notes'", database);
        expect(table).toEqual({ tableowner: `${people}_former` });
        await direct(on, "DROP TABLE notes", database);
    }
    await direct(on, `DROP ROLE ${people}_former`);
    expect((await attempt("docker", ["volume", "inspect", leftVolume])).code).not.toBe(0);
});

test("the pool refuses a superuser and a replication role with the right password, and nobody else; the superuser gets in directly", async () => {
    await direct(on, `CREATE ROLE replica LOGIN REPLICATION PASSWORD '${on.lab.databasePassword}'`);
    for (const role of ["postgres", "replica"]) {
        const refused = await pooled(role, on.lab.databasePassword, "SELECT 1");
        expect(refused.stderr).toMatch(/authentication failed|no such user/);
        expect(refused.code).not.toBe(0);
    }
    await direct(on, "ALTER ROLE replica NOREPLICATION");
    expect((await pooled("replica", on.lab.databasePassword, "SELECT 1")).stdout).toBe("1\n");
    expect((await pooled(client, on.lab.databasePassword, "SELECT current_user")).stdout.trim()).toBe(client);
    expect(await direct(on, "SELECT current_user")).toEqual([{ current_user: "postgres" }]);
});

test("with logConnections, the pooler's log says who logged in, and who was refused", async () => {
    expect((await asPeople("SELECT 1")).stdout).toBe("1\n");
    expect((await pooled(people, "wrong", "SELECT 1")).code).not.toBe(0);
    expect((await pooled("postgres", on.lab.databasePassword, "SELECT 1")).code).not.toBe(0);
    for (const line of [
        `login attempt: db=tracksolid_db user=${people} `,
        `/${people}@.*(authentication|login) failed`,
        "closing because: no such user",
    ]) {
        await until(`the log's line ${line}`, 10, async () => {
            const { stdout, stderr } = await attempt("docker", ["logs", on.out.pgbouncerContainer]);
            return new RegExp(line).test(stdout + stderr);
        });
    }
});

test("pgAdmin's people read a table, and nothing more", async () => {
    expect((await asPeople("SELECT count(*) > 0 FROM tracksolid.ingestion_log")).stdout.trim()).toBe("t");
    expect((await asPeople("SELECT count(*) > 0 FROM pg_stat_activity WHERE query <> '<insufficient privilege>'")).stdout.trim()).toBe("t");
    for (const [attack, refusal] of [
        ["INSERT INTO tracksolid.ingestion_log DEFAULT VALUES", "permission denied for table ingestion_log"],
        ["DROP TABLE tracksolid.ingestion_log", "must be owner of table ingestion_log"],
        ["SELECT rolpassword FROM pg_authid", "permission denied for table pg_authid"],
        ["SELECT passwd FROM pg_shadow", "permission denied for view pg_shadow"],
        ["SELECT phash FROM public.user_lookup('postgres')", "permission denied for function user_lookup"],
        ["SELECT pg_read_file('/etc/passwd')", "permission denied for function pg_read_file"],
        ["COPY (SELECT 1) TO PROGRAM 'id'", "permission denied to COPY to or from an external program"],
        ["COPY (SELECT 1) TO '/tmp/x'", "permission denied to COPY to a file"],
        ["ALTER ROLE people SUPERUSER", "permission denied to alter role"],
        ["ALTER ROLE steady PASSWORD 'x'", "permission denied"],
        ["CREATE ROLE another", "permission denied to create role"],
        ["CREATE TABLE tracksolid.another (n int)", "permission denied for schema tracksolid"],
        ["CREATE TABLE public.another (n int)", "permission denied for schema public"],
        ["CREATE SCHEMA another", "permission denied for database tracksolid_db"],
        ["SET ROLE postgres", 'permission denied to set role "postgres"'],
        ["ALTER SYSTEM SET log_statement = 'all'", "permission denied to set parameter"],
        [
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres' LIMIT 1",
            "permission denied to terminate process",
        ],
    ] as const) {
        expect(`${attack}: ${(await asPeople(attack)).stderr}`).toContain(refusal);
    }
});

test("pgAdmin connects as that role without asking, whatever was saved for the one before, from a file that only it may read", async () => {
    expect(await connectEntry(on.out)).toMatchObject({ status: 200, user: people });
    expect((await direct(on, `SELECT 1 FROM pg_stat_activity WHERE usename = '${people}'`)).length).toBeGreaterThan(0);
    const found = await run("docker", [
        "exec",
        on.out.pgadminContainer,
        "sh",
        "-c",
        "cd /var/lib/pgadmin/storage && stat -c '%a %n' */.pg-sidecar.pgpass",
    ]);
    expect(found.trim()).toBe("600 admin_example.com/.pg-sidecar.pgpass");
    const secrets = await secretsOf(on);
    expect(secrets.map(({ name }) => name)).toContain("pgadminRole's password");
    expect(await expectNoLeak(on, secrets)).toContainEqual(expect.stringMatching(/\.pg-sidecar\.pgpass$/));
});

test("a tab that is logged in as another role never becomes the entry's, whatever ends its session", async () => {
    const pgadmin = await PgadminRequests.login(on.out);
    expect((await pgadmin.connect()).status).toBe(200);
    const mine = await pgadmin.tabOf({ user: people, password: on.out.pgadminRolePassword!, database: "tracksolid_db" });
    const another = await pgadmin.tabOf({ user: client, password: on.lab.databasePassword, database: "tracksolid_db" });
    const whose = "SELECT 'the user is ' || current_user";
    expect(await mine(whose)).toContain(`the user is ${people}`);
    expect(await another(whose)).toContain(`the user is ${client}`);
    await run("docker", ["restart", "-t", "1", on.out.pgbouncerContainer]);
    await until("a query through the pool", 60, async () => (await asPeople("SELECT 1")).code === 0);
    expect(await mine(whose)).toContain(`the user is ${people}`); // without a question
    const said = await another(whose);
    console.log(`after a restart of the pooler, the other user's tab: ${said}`);
    expect(said).not.toContain(`the user is ${people}`);
});

/** Has the pool's backends be new ones. */
const renewBackends = () =>
    run("docker", [
        "exec",
        on.out.pgbouncerContainer,
        ..."psql -h /tmp/pgbouncer -p 6432 -U pgbouncer -d pgbouncer -qc RECONNECT".split(" "),
    ]);

test("that role, dropped by hand, is back after a refresh, with its password and rights", async () => {
    await direct(on, `DROP OWNED BY ${people}; DROP ROLE ${people}`);
    await on.up("--refresh");
    // The pool's backends are still the former role's, and closed as docs/ROLES.md says.
    const closed = await direct(
        on,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND usename IS NULL",
    );
    expect(closed.length).toBeGreaterThan(0);
    expect((await asPeople("SELECT count(*) > 0 FROM tracksolid.ingestion_log")).stdout.trim()).toBe("t");
});

test("verify goes through the pool as that role, and sees the superuser refused", async () => {
    const only = ["query", "login-refused", "console", "lookup-grants", "lookup-role", "lookup-superuser", "leak-set"];
    const { code, stdout, stderr } = await attempt("./sidecar", ["verify", "--stack", "local", "--only", only.join(",")], { env: on.env });
    if (code !== 0) throw new Error(stdout + stderr);
    expect(stdout).toContain(`tracksolid_db, as ${people}`);
    expect(stdout).toContain("postgres with the right password:");
    expect(stdout).toContain("the commands use the console's socket");
});

test("where that role may create no temporary table and its sessions start read-only, verify still looks for leaks", async () => {
    const kinds = ["set", "role", "temp", "lock", "prepared"].map((kind) => `leak-${kind}`);
    try {
        await direct(on, "REVOKE TEMP ON DATABASE tracksolid_db FROM PUBLIC");
        await direct(on, `ALTER ROLE ${people} SET default_transaction_read_only = on`);
        await renewBackends();
        expect((await asPeople("SHOW transaction_read_only")).stdout).toBe("on\n");
        const args = ["verify", "--stack", "local", "--json", "--only", ["query", ...kinds].join(",")];
        const { code, stdout } = await attempt("./sidecar", args, { env: on.env });
        const { checks } = JSON.parse(stdout) as { checks: Report[] };
        expect(checks.map(({ id, result }) => [id, result])).toEqual(
            ["query", ...kinds].map((id) => [id, id === "leak-temp" ? "skipped" : "ok"]),
        );
        expect(checks.find(({ id }) => id === "leak-temp")!.saw).toContain("it has no TEMP on the database");
        expect(code).toBe(0);
    } finally {
        await direct(on, `ALTER ROLE ${people} RESET default_transaction_read_only`);
        await direct(on, "GRANT TEMP ON DATABASE tracksolid_db TO PUBLIC");
        await renewBackends();
    }
});

/** A function that shows a verifier to whoever calls it, once its owner may read one: made by pgAdmin's people, where they may. */
const trap = "tracksolid.trap()";

test("without all of it, the role and the file are gone, pgAdmin asks again, and what people made runs with nobody's rights", async () => {
    await direct(on, `GRANT CREATE ON SCHEMA tracksolid TO ${people}; GRANT USAGE ON SCHEMA tracksolid TO ${client}`);
    const made = await asPeople(
        `CREATE FUNCTION ${trap} RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT max(rolpassword) FROM pg_authid'`,
    );
    expect(made.stderr).toBe("");
    await direct(on, `DROP SCHEMA ${dropped}`);
    const missing = await pulumi(on, ["preview"]);
    expect(missing.stdout + missing.stderr).toContain(`has no schema ${dropped}`);
    for (const key of [...Object.keys(settings), schemas]) await removeConfig(on, key);
    const { stdout, stderr } = await pulumi(on, ["preview"]);
    expect(stdout + stderr).toMatch(
        /the state has grants on what somebody dropped: schema marts of tracksolid_db[^]*pulumi up .*--refresh/,
    );
    await on.up("--refresh");
    expect((await connectEntry(on.out)).status).toBe(428);
    const files = await run("docker", ["exec", on.out.pgadminContainer, "find", "/var/lib/pgadmin/storage", "-name", "*pgpass*"]);
    expect(files.trim()).toBe("");
    expect(await direct(on, `SELECT 1 FROM pg_roles WHERE rolname = '${people}'`)).toEqual([]);
    expect((await pooled(client, on.lab.databasePassword, `SELECT ${trap}`)).stderr).toContain("permission denied for table pg_authid");
    await direct(on, `DROP FUNCTION ${trap}; DROP ROLE ${people}_former; REVOKE USAGE ON SCHEMA tracksolid FROM ${client}`);
    expect((await pooled("postgres", on.lab.databasePassword, "SELECT 1")).code).toBe(0);
    await upWithoutChanges(on);
});
