import { attempt, run, until } from "../../../lab/run";
import { Clients, psql } from "../../e2e/support/clients";
import { keepLogs, Outputs, removeConfig, setConfig, Sidecar, sidecar, up } from "../../e2e/support/stack";

// Ordinary databases: a name with more than one address, rights that were revoked, other schemas.

let on: Sidecar;
let out: Outputs;
let clients: Clients;

beforeAll(async () => {
    on = await sidecar();
    clients = new Clients(on);
    out = await up(on);
});

afterEach(() => clients.removeAll());
afterAll(() => keepLogs("fixes-ordinary"));

const said = async () => {
    const { stdout, stderr } = await attempt("docker", ["logs", out.pgbouncerContainer]);
    return stdout + stderr;
};

const inDatabase = (script: string) => run("docker", ["exec", "-u", "postgres", on.lab.databaseContainer, "sh", "-c", script]);

test("on a network with IPv6, a database whose pg_hba.conf knows IPv4 only is reached by IPv4", async () => {
    const network = `dual-${on.lab.id}`;
    await run("docker", ["network", "create", "--ipv6", "--subnet", "fd00:77::/64", network]);
    await run("docker", ["network", "connect", "--alias", "timescale_db", network, on.lab.databaseContainer]);
    const reload = "psql -qc 'SELECT pg_reload_conf()' > /dev/null";
    await inDatabase(`cp $PGDATA/pg_hba.conf /tmp/pg_hba.conf && sed -i '1i host all all ::/0 reject' $PGDATA/pg_hba.conf && ${reload}`);
    try {
        await setConfig(on, "databaseNetwork", network);
        out = await up(on);
        expect((await psql(on, out, "tracksolid_db", "SELECT 1")).code).toBe(0);
        const ini = await run("docker", ["exec", out.pgbouncerContainer, "cat", "/tmp/1.ini"]);
        expect(ini).toMatch(/^tracksolid_db = host=\d+\.\d+\.\d+\.\d+ port=5432 /m);
        expect(await run("docker", ["exec", out.pgbouncerContainer, "getent", "ahosts", "timescale_db"])).toMatch(/^fd00:77::/m);
    } finally {
        await inDatabase(`cp /tmp/pg_hba.conf $PGDATA/pg_hba.conf && ${reload}`);
        await setConfig(on, "databaseNetwork", on.lab.id);
        out = await up(on);
        await run("docker", ["network", "disconnect", network, on.lab.databaseContainer]);
        await run("docker", ["network", "rm", network]);
    }
});

test("a running pooler keeps its database's address while a stranger answers to the same name", async () => {
    const stranger = `stranger-${on.lab.id}`;
    try {
        const seen = await clients.connecting(async () => {
            // It has the name, and refuses every connection.
            await run("docker", ["run", "-d", "--name", stranger, "--network", on.lab.id, "--network-alias", "timescale_db", "--entrypoint", "sleep", on.images.timescaledb, "600"]); // prettier-ignore
            await until("the name to lead to both", 10, async () => {
                const addresses = await run("docker", ["exec", out.pgbouncerContainer, "getent", "ahosts", "timescale_db"]);
                return new Set(addresses.match(/^\S+/gm)).size === 2;
            });
            await new Promise((resolve) => setTimeout(resolve, 10_000));
        });
        expect(seen.failures).toEqual([]);
        expect(await said()).not.toContain("timescale_db is at");
    } finally {
        await run("docker", ["rm", "-f", "-v", stranger]);
    }
});

describe("a database that was hardened as usual", () => {
    const sql = (...commands: string[]) => run("docker", ["exec", "-u", "postgres", on.lab.databaseContainer, "psql", "-d", "tracksolid_db", ...commands.flatMap((one) => ["-qc", one])]); // prettier-ignore

    test("PUBLIC's CONNECT and USAGE revoked: the stack comes up, and keeps up", async () => {
        await sql("REVOKE CONNECT ON DATABASE tracksolid_db FROM PUBLIC", "REVOKE ALL ON SCHEMA public FROM PUBLIC");
        try {
            expect((await psql(on, out, "tracksolid_db", "SELECT 1")).code).toBe(0);
            await setConfig(on, "defaultPoolSize", "14");
            out = await up(on);
            expect((await psql(on, out, "tracksolid_db", "SELECT 1")).code).toBe(0);
        } finally {
            await sql("GRANT CONNECT, TEMPORARY ON DATABASE tracksolid_db TO PUBLIC", "GRANT USAGE ON SCHEMA public TO PUBLIC");
            await removeConfig(on, "defaultPoolSize");
            out = await up(on);
        }
    });

    test("a lookup function in a schema of its own, under password_encryption = md5 and a pg_hba.conf that wants SCRAM", async () => {
        await sql("CREATE SCHEMA pooler", "REVOKE ALL ON SCHEMA pooler FROM PUBLIC", "ALTER SYSTEM SET password_encryption = md5", "SELECT pg_reload_conf()"); // prettier-ignore
        try {
            for (const [key, value] of [["authFunction", "pooler.user_lookup"], ["authUser", "pooler"]] as const) await setConfig(on, key, value); // prettier-ignore
            out = await up(on);
            expect((await psql(on, out, "tracksolid_db", "SELECT 1")).code).toBe(0);
        } finally {
            await sql("ALTER SYSTEM RESET password_encryption", "SELECT pg_reload_conf()");
            for (const key of ["authFunction", "authUser"]) await removeConfig(on, key);
            out = await up(on);
            await sql("DROP SCHEMA pooler");
        }
    });
});
