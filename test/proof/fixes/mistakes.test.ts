import { writerName } from "../../../lab/database";
import { run } from "../../../lab/run";
import { Clients, psql } from "../../e2e/support/clients";
import { changing, containers, keepLogs, Outputs, pulumi, removeConfig, setConfig, Sidecar, sidecar, up } from "../../e2e/support/stack";

// For the settings: a value that has the right form and can't work. No login fails meanwhile, `up` says why, and with the old value
// all is as it was.

let on: Sidecar;
let out: Outputs;
let clients: Clients;

beforeAll(async () => {
    on = await sidecar();
    clients = new Clients(on);
    out = await up(on);
});

afterEach(() => clients.removeAll());
afterAll(() => keepLogs("fixes-mistakes"));

interface Mistake {
    key: string;
    value: () => string;
    /** What the message of `up` says. */
    says: RegExp;
}

const unused = `unused-${Date.now()}`;

const mistakes: Mistake[] = [
    { key: "databaseNetwork", value: () => unused, says: /no container answers to timescale_db on network unused-/ },
    { key: "databaseHost", value: () => "no-such-host", says: /no-such-host/ },
    { key: "databaseHost", value: () => writerName(on.lab), says: /Connection refused|could not connect|connect failed/ },
    { key: "databasePort", value: () => "5439", says: /Connection refused|could not connect|connect failed/ },
    { key: "databases[0]", value: () => "no_such_database", says: /no database no_such_database/ },
    {
        key: "maxClientConn",
        value: () => "100000",
        says: /pgbouncerFiles is \d+, and maxClientConn \(100000\) with the backends of all databases needs \d+/,
    },
    { key: "adminUsers[0]", value: () => "no_such_role", says: /adminUsers: .*no_such_role/ },
    { key: "authFunction", value: () => "nosuch.user_lookup", says: /authFunction: .*schema/ },
    { key: "authUser", value: () => "postgres", says: /authUser|adminUsers/ },
    { key: "pgbouncerAlias", value: () => "timescale_db", says: /pgbouncerAlias/ },
    {
        key: "pgbouncerImage",
        value: () => on.images.pgbouncer.replace(/:v[^@]*@sha256:.{8}/, ":v1@sha256:00000000"),
        says: /not found|unknown/,
    },
    {
        key: "pgadminImage",
        value: () => on.images.pgadmin.replace(/:[^:/]*@sha256:.{8}/, ":none@sha256:00000000"),
        says: /not found|unknown/,
    },
    { key: "pgadminEmail", value: () => "a..b@example.com", says: /pgadminEmail/ },
    { key: "pgadminPort", value: () => String(on.lab.databasePort), says: /pgadminPort/ },
];

test("a setting that can't work fails the up with its cause, and the pool serves on", async () => {
    const pgadmin = await containers("pgadmin");
    const wrong: string[] = [];
    await run("docker", ["network", "create", unused]);
    const keepsImage = { pgbouncerImage: on.images.pgbouncer, pgadminImage: on.images.pgadmin } as Record<string, string>;
    const { failures, pg } = await clients.connecting(async () => {
        for (const { key, value, says } of mistakes) {
            const name = key.replace(/\[.*/, "");
            const had = { databaseNetwork: on.lab.id, pgadminPort: String(on.lab.pgadminPort), pgadminEmail: out.pgadminEmail, ...keepsImage }[name]; // prettier-ignore
            await setConfig(on, key, value(), "--path");
            try {
                const { code, stdout } = await pulumi(on, ["up", ...changing]);
                if (code === 0) wrong.push(`${key} ${value()}: up succeeded`);
                else if (!says.test(stdout)) wrong.push(`${key} ${value()}: ${stdout.split("Diagnostics:").at(-1)!.trim()}`);
            } finally {
                await (had === undefined ? removeConfig(on, name) : setConfig(on, name, had));
            }
        }
    });
    out = await up(on);
    await run("docker", ["network", "rm", unused]);
    expect(wrong).toEqual([]);
    expect(failures).toEqual([]);
    console.log(`${mistakes.length} settings that can't work: 0 of ${pg.ok} connections of node's pg failed`);
    expect((await psql(on, out, "tracksolid_db", "SELECT 1")).code).toBe(0);
    // Not the one of before: the last good `up` was seen to roll it.
    expect(await containers("pgbouncer")).toEqual([out.pgbouncerContainer]);
    expect(await containers("pgadmin")).toEqual(pgadmin);
    expect((await pulumi(on, ["preview", "--refresh", "--expect-no-changes"])).code).toBe(0);
}, 900_000);
