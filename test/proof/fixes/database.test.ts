import * as fs from "fs";
import { reservedWords } from "../../../settings/sqlwords";
import { Trial } from "./fixes";
import { Ca, Pair, Server } from "./server";
import { attempt, run } from "../../../lab/run";
import { psql } from "../../e2e/support/clients";
import { changing, keepLogs, Outputs, pulumi, removeConfig, setConfig, Sidecar, sidecar, up } from "../../e2e/support/stack";

// Each way in which the database can refuse, played on a real PostgreSQL: the fix is done as it is printed, and leads past it.

let on: Sidecar;
let out: Outputs;
let server: Server;
let ca: Ca;
let trusted: Pair;

/** What to set for the stack to go to the test's own server. */
const there = (more: Record<string, unknown> = {}) => ({
    "postgresql:host": server.address,
    "postgresql:port": "5432",
    "pg-sidecar:databaseHost": server.name,
    ...more,
});
let count = 0;
const trial = (values: Record<string, unknown> = {}) => new Trial(on, `database-${++count}`, there(values));

beforeAll(async () => {
    on = await sidecar();
    out = await up(on);
    server = await Server.start(on, "refusing");
    ca = await new Ca().make();
    trusted = await ca.signed("db.example.com");
});

afterEach(async () => {
    await server.hba();
    await server.tls();
});

afterAll(async () => {
    await server.remove();
    ca.remove();
    await keepLogs("fixes-database");
});

describe("TLS", () => {
    test("a server without it, where sslmode is not set and so require", async () => {
        const on = trial({ "postgresql:sslmode": undefined });
        expect(await on.fixed("has no TLS, and sslmode require needs it")).toContain("unchanged");
        expect(on.config()["postgresql:sslmode"]).toBe("disable");
    });

    test.each(["tls", "prefer"])("sslmode %s, which the provider does not know", async (sslmode) => {
        await server.tls(trusted);
        const on = trial({ "postgresql:sslmode": sslmode });
        await on.fixed("it must be one of disable, require, verify-ca, verify-full");
        expect(on.config()["postgresql:sslmode"]).toBe("require");
        expect((await on.preview()).code).toBe(0);
    });

    test("a certificate that signs itself", async () => {
        await server.tls(await ca.selfSigned("db.example.com"));
        const on = trial({ "postgresql:sslmode": "verify-ca" });
        await on.fixed("has a self-signed certificate");
        expect((await on.preview()).code).toBe(0);
    });

    test("a CA that is not known, then another name than the certificate's", async () => {
        await server.tls(trusted);
        const on = trial({ "postgresql:sslmode": "verify-full" });
        await on.fixed("is signed by a CA that is not known here", { FILE: ca.own.cert });
        const fix = await on.fixOf("is for another name");
        expect(fix).toContain("postgresql:host NAME");
        const ran = await on.apply(fix.split(", or: ")[1]!);
        expect(ran.code).toBe(0);
        expect((await on.preview()).code).toBe(0);
    });

    test("a certificate that has expired", async () => {
        await server.tls(await ca.signed("db.example.com", -1));
        const on = trial({ "postgresql:sslmode": "verify-ca", "postgresql:sslrootcert": ca.own.cert });
        const fix = await on.fixOf("is not valid now");
        const ran = await on.apply(fix.split("stop checking it: ")[1]!);
        expect(ran.code).toBe(0);
        expect((await on.preview()).code).toBe(0);
    });

    test.each([
        ["missing", "can't be read"],
        ["no certificate", "holds nothing that TLS can use"],
        ["empty", "holds nothing that TLS can use"],
    ])("a file of the CA that is %s", async (what, said) => {
        await server.tls(trusted);
        const file = `${ca.folder}/${what}`;
        if (what !== "missing") fs.writeFileSync(file, what === "empty" ? "" : "x");
        const on = trial({ "postgresql:sslmode": "verify-ca", "postgresql:sslrootcert": file });
        await on.fixed(said, { FILE: ca.own.cert });
        expect((await on.preview()).code).toBe(0);
    });

    test("a certificate of the client's that is wanted, and a key that others may read", async () => {
        await server.tls(trusted, ca.own);
        await server.hba("hostssl all all all scram-sha-256 clientcert=verify-ca");
        const me = await ca.signed("me");
        fs.chmodSync(me.key, 0o644);
        const on = trial({ "postgresql:sslmode": "require" });
        const fix = await on.fixOf("requires a client certificate");
        expect((await on.apply(fix.replace("FILE", me.cert).replace("FILE", me.key))).code).toBe(0);
        await on.fixed("may be read by others");
        expect((await on.preview()).code).toBe(0);
    });
});

describe("pg_hba.conf", () => {
    test("takes connections under TLS alone", async () => {
        await server.tls(trusted);
        await server.hba("hostssl all all all scram-sha-256");
        const on = trial({ "postgresql:sslmode": "disable" });
        await on.fixed("it has one for connections with TLS");
        expect((await on.preview()).code).toBe(0);
    });

    test("takes connections without TLS alone", async () => {
        await server.tls(trusted);
        await server.hba("hostnossl all all all scram-sha-256");
        const on = trial({ "postgresql:sslmode": "require" });
        await on.fixed("it has one for connections without TLS");
        expect((await on.preview()).code).toBe(0);
    });

    test("has no entry for this machine", async () => {
        await server.hba("host all all 192.0.2.77/32 scram-sha-256");
        const on = trial();
        await on.fixed("has no entry in its pg_hba.conf for this connection");
        expect((await on.preview()).code).toBe(0);
    });

    test("rejects this machine: the fix shows the line", async () => {
        await server.hba("host all all all reject");
        const on = trial();
        const fix = await on.fixOf("rejects this connection");
        const ran = await on.apply(fix.split("the lines: ")[1]!);
        expect(ran.stdout).toMatch(/^3:host all all all reject$/m);
    });
});

describe("a login", () => {
    test("with a wrong password", async () => {
        const on = trial();
        await server.sql("ALTER ROLE postgres PASSWORD 'another'");
        try {
            await on.fixed("turns postgres away", {}, "another\n");
            // The lab's environment has a password, but what is set comes first.
            expect((await on.preview()).code).toBe(0);
        } finally {
            await server.sql(`ALTER ROLE postgres PASSWORD '${server.password}'`);
        }
    });

    test("of a role that may not log in, and of one that is no superuser", async () => {
        await server.sql(`CREATE ROLE "Ops-1" NOLOGIN PASSWORD '${server.password}'`);
        try {
            const on = trial({ "postgresql:username": "Ops-1", "pg-sidecar:adminUsers": ["postgres"] });
            const fix = await on.fixOf('role "Ops-1" is not permitted to log in');
            await server.sql(fix.split("or as one: ")[1]!);
            const [, another] = (await on.fixOf("may not read pg_authid")).split(", or ");
            await on.apply(another!, {}, `${server.password}\n`);
            expect(on.config()["postgresql:username"]).toBe("postgres");
            expect((await on.preview()).code).toBe(0);
        } finally {
            await server.sql('DROP ROLE "Ops-1"');
        }
    });

    test("whose sessions are read-only", async () => {
        await server.sql("ALTER ROLE postgres SET default_transaction_read_only = on");
        expect(await trial().fixed("start read-only")).toContain("unchanged");
    });

    test.each(["DATABASE tracksolid_db", "ROLE postgres IN DATABASE tracksolid_db"])(
        "whose sessions are read-only in the first database (ALTER %s)",
        async (where) => {
            const parameter = "default_transaction_read_only";
            await server.sql(`ALTER ROLE postgres RESET ${parameter}`);
            await server.sql(`ALTER ${where} SET ${parameter} = on`);
            expect(await trial().fixed("start read-only in tracksolid_db")).toContain("unchanged");
            await server.sql(`ALTER ${where} RESET ${parameter}`);
        },
    );

    test("to a database that is not there", async () => {
        await trial({ "postgresql:database": "nosuch" }).fixed('database "nosuch" does not exist');
    });

    test("to a server that has no connection left", async () => {
        const small = await Server.start(on, "crowded", {
            settings: ["max_connections=8", "superuser_reserved_connections=3", "max_wal_senders=0"],
        });
        const name = `idle-${on.lab.id}`;
        try {
            const hold = `for i in 1 2 3 4 5 6 7 8; do (sleep 600 | psql -h ${small.address} -U postgres -d tracksolid_db) & done; wait`;
            await run("docker", ["run", "-d", "--init", "--name", name, "--network", on.lab.id, "-e", `PGPASSWORD=${small.password}`, "--entrypoint", "sh", on.images.timescaledb, "-c", hold]); // prettier-ignore
            await new Promise((resolve) => setTimeout(resolve, 3000));
            const crowded = trial({
                "postgresql:host": small.address,
                "pg-sidecar:databaseHost": small.name,
                ...{
                    "pg-sidecar:otherConnections": "0",
                    "pg-sidecar:maxDbConnections": "1",
                    "pg-sidecar:defaultPoolSize": "1",
                    "pg-sidecar:minPoolSize": "0",
                },
            });
            const said = await crowded.fixed("has no connection left");
            expect(said).toContain("maxDbConnections: "); // 8 are few, but it was asked
        } finally {
            await attempt("docker", ["rm", "-f", name]);
            await small.remove();
        }
    });

    test("to a standby, which names its primary", async () => {
        await server.hba("host all all all scram-sha-256", "host replication all all scram-sha-256");
        const standby = await Server.start(on, "standby", { standbyOf: server });
        try {
            const away = trial({ "postgresql:host": standby.address, "pg-sidecar:databaseHost": standby.name });
            await away.fixed("is a standby, which takes no changes");
            expect(away.config()["postgresql:host"]).toBe(server.address);
            expect((await away.preview()).code).toBe(0);
        } finally {
            await standby.remove();
        }
    });

    test("to a standby that takes no connections", async () => {
        await server.hba("host all all all scram-sha-256", "host replication all all scram-sha-256");
        const cold = await Server.start(on, "cold", { standbyOf: server, cold: true });
        try {
            const away = trial({ "postgresql:host": cold.address, "pg-sidecar:databaseHost": cold.name });
            await away.fixed("is a standby that takes no connections", { HOST: server.address, PORT: "5432" });
            expect((await away.preview()).code).toBe(0);
        } finally {
            await cold.remove();
        }
    });

    test("to a server that hangs is not checked in a preview, and stops an up", async () => {
        const paused = trial();
        await run("docker", ["pause", server.name]);
        try {
            expect((await paused.preview()).said).toContain("not checked: the database at");
            const { code, said } = await paused.pulumi("up", ...changing);
            expect(code).not.toBe(0);
            expect(said).toContain("can't be reached from here (timeout expired)");
        } finally {
            await run("docker", ["unpause", server.name]);
        }
        expect((await paused.preview()).said).not.toContain("not checked");
    });

    test("to a host that does not exist, and to a port on which nobody listens", async () => {
        const nowhere = trial({ "postgresql:host": "no-such-host.invalid" });
        await nowhere.fixed("there is no host no-such-host.invalid", { HOST: server.address });
        const closed = trial({ "postgresql:port": "1" });
        const fix = await closed.fixOf("can't be reached from here");
        expect((await closed.apply(fix.split(", or: ")[1]!, { HOST: server.address, PORT: "5432" })).code).toBe(0);
        expect((await closed.preview()).said).not.toContain("not checked");
    });
});

test("a pooler in the database's place", async () => {
    const format = `{{(index .NetworkSettings.Networks "${on.lab.id}").IPAddress}}`;
    const pooler = (await run("docker", ["inspect", "-f", format, out.pgbouncerContainer])).trim();
    for (const database of ["postgres", "tracksolid_db"]) {
        const away = trial({ "postgresql:host": pooler, "postgresql:port": "6432", "postgresql:database": database });
        await away.fixed("a pooler answers at", { HOST: server.address, PORT: "5432" });
        expect((await away.preview()).code).toBe(0);
    }
});

describe("what is in it", () => {
    test("a schema that is not there", async () => {
        await trial({ "pg-sidecar:authFunction": "own_schema.user_lookup" }).fixed("has no schema own_schema");
        expect(await server.sql("SELECT nspname FROM pg_namespace WHERE nspname = 'own_schema'", "tracksolid_db")).toBe("own_schema\n");
    });

    test("a database that takes no connections", async () => {
        await server.sql('CREATE DATABASE "Closed" ALLOW_CONNECTIONS false');
        await trial({ "pg-sidecar:databases": ["tracksolid_db", "Closed"], "pg-sidecar:otherConnections": "20" }).fixed(
            "takes no connections",
        );
        const meant = trial({ "pg-sidecar:databases": ["tracksolid_db", "closed"], "pg-sidecar:otherConnections": "20" });
        await meant.fixed("there is no database closed");
        expect(meant.config()["pg-sidecar:databases"]).toEqual(["tracksolid_db", "Closed"]);
    });

    test("admins that are not there, may not log in, or have no password, an md5 one, or an expired one", async () => {
        const admins = (...names: string[]) => trial({ "pg-sidecar:adminUsers": names });
        const absent = admins("nobody");
        await absent.fixed("role nobody on");
        expect((await absent.preview()).code).toBe(0);

        await server.sql(`CREATE ROLE "Ops-1" NOLOGIN`);
        const ops = admins("Ops-1");
        await ops.fixed("may not log in");
        const typed = "a password\na password\n";
        await ops.fixed("has no password", {}, typed);
        await server.sql(`SET password_encryption = md5; ALTER ROLE "Ops-1" PASSWORD 'a password'`);
        await ops.fixed("has an md5 verifier", {}, typed);
        expect(await server.sql(`SELECT left(rolpassword, 6) FROM pg_authid WHERE rolname = 'Ops-1'`)).toBe("SCRAM-\n");
        await server.sql(`ALTER ROLE "Ops-1" VALID UNTIL 'yesterday'`);
        await ops.fixed("has a password that has expired");
        expect((await ops.preview()).code).toBe(0);
        await server.sql(`DROP ROLE "Ops-1"`);
    });

    test("a role made by hand whose name wants quotes is removed as it says", async () => {
        await server.sql('CREATE ROLE "Ops-2" LOGIN; CREATE TABLE "of Ops" (n int); ALTER TABLE "of Ops" OWNER TO "Ops-2"'); // in another database
        const taken = trial({ "pg-sidecar:authUser": "Ops-2" });
        const fix = await taken.fixOf("role Ops-2 on");
        const ran = await taken.apply(fix.split("remove it: ")[1]!);
        expect(ran.code).toBe(0);
        expect((await taken.preview()).said).not.toContain("role Ops-2 on");
        expect(await server.sql("SELECT count(*) FROM pg_roles WHERE rolname = 'Ops-2'")).toBe("0\n");
        await server.sql('DROP TABLE "of Ops"; DROP ROLE "Ops-2_former"'); // what it owned is kept
    });

    test("the words that settings.ts refuses are this server's reserved ones", async () => {
        const words = await server.sql("SELECT word FROM pg_get_keywords() WHERE catcode IN ('R', 'T') ORDER BY word");
        expect([...reservedWords].sort()).toEqual(words.trim().split("\n").sort());
    });
});

test("with a private CA the stack is unchanged and rotates, and another's is refused", async () => {
    const lab = Object.assign(Object.create(Server.prototype) as Server, {
        name: on.lab.databaseContainer,
        password: on.lab.databasePassword,
    });
    await lab.tls(trusted);
    try {
        await setConfig(on, "postgresql:sslmode", "verify-ca");
        await setConfig(on, "postgresql:sslrootcert", ca.own.cert);
        const preview = await pulumi(on, ["preview", "--refresh", "--expect-no-changes"]);
        expect(preview.stdout + preview.stderr).toContain("23 unchanged");
        const rotated = await attempt("./sidecar", ["rotate", "--stack", "local", ...changing], { env: on.env });
        expect(rotated.code).toBe(0);
        await setConfig(on, "postgresql:sslrootcert", (await ca.selfSigned("other")).cert);
        const refused = await pulumi(on, ["preview"]);
        expect(refused.stdout + refused.stderr).toContain("is signed by a CA that is not known here");
    } finally {
        await removeConfig(on, "postgresql:sslrootcert");
        await setConfig(on, "postgresql:sslmode", "disable");
        await lab.tls();
        await removeConfig(on, "rotation");
        out = await up(on);
    }
    expect((await psql(on, out, "tracksolid_db", "SELECT 1")).code).toBe(0);
});

test("a superuser who is not called postgres is the console's admin, and the psql line's user", async () => {
    const lab = Object.assign(Object.create(Server.prototype) as Server, { name: on.lab.databaseContainer });
    await lab.sql(`CREATE ROLE app SUPERUSER LOGIN PASSWORD '${on.lab.databasePassword}'`);
    try {
        await setConfig(on, "postgresql:username", "app");
        out = await up(on);
        expect((await run("pulumi", ["stack", "output", "psql"], { env: on.env })).trim()).toMatch(/ -U app -d tracksolid_db$/);
        const asApp = (database: string, command: string) =>
            run("docker", [
                ...["exec", "-e", `PGPASSWORD=${on.lab.databasePassword}`, out.pgbouncerContainer],
                ...["psql", "-h", "pgbouncer", "-p", "6432", "-U", "app", "-d", database, "-AtXc", command],
            ]);
        expect(await asApp("tracksolid_db", "SELECT current_user")).toBe("app\n");
        expect(await asApp("pgbouncer", "SHOW VERSION")).toContain("PgBouncer");
    } finally {
        await setConfig(on, "postgresql:username", "postgres");
        out = await up(on);
        await lab.sql("REASSIGN OWNED BY app TO postgres; DROP ROLE app");
    }
    expect((await pulumi(on, ["preview", "--refresh", "--expect-no-changes"])).code).toBe(0);
});
