import { ensureDatabase } from "../../../lab/database";
import { Report } from "../../../cli/verify/check";
import { fixBelow } from "./fixes";
import { attempt, run, until } from "../../../lab/run";
import { psql } from "../../e2e/support/clients";
import { changing, keepLogs, Outputs, pulumi, removeConfig, setConfig, Sidecar, sidecar, up } from "../../e2e/support/stack";

// What the preflight and verify say of the Docker host that a database is on. Each fix is run as it is printed.

let on: Sidecar;
let out: Outputs;
const strangers: string[] = [];

beforeAll(async () => {
    on = await sidecar();
    out = await up(on);
});

afterEach(async () => {
    for (const name of strangers.splice(0)) await attempt("docker", ["rm", "-f", "-v", name]);
});

afterAll(async () => {
    await keepLogs("fixes-host");
    await removeConfig(on, "databaseHost");
    await setConfig(on, "databaseNetwork", on.lab.id);
    await removeConfig(on, "databasePort");
    await redeploy();
    await up(on);
    await attempt("docker", ["network", "rm", "pg-sidecar-database"]);
});

/** A container of somebody else's, which only sleeps. */
async function stranger(name: string, ...args: string[]): Promise<string> {
    await run("docker", ["run", "-d", "--init", "--name", name, ...args, "--entrypoint", "sleep", on.images.timescaledb, "600"]);
    strangers.push(name);
    return name;
}

/** The database's container again, as the lab has it, or otherwise. */
async function redeploy(...args: string[]): Promise<void> {
    await run("docker", ["rm", "-f", on.lab.databaseContainer]);
    if (args.length === 0) {
        await ensureDatabase(on.lab);
        return;
    }
    const volume = `timescale-data-${on.lab.id}:/var/lib/postgresql/data`;
    await run("docker", ["run", "-d", "--name", on.lab.databaseContainer, "-v", volume, ...args]);
}

async function preview(): Promise<{ code: number; said: string }> {
    const { code, stdout, stderr } = await pulumi(on, ["preview"]);
    return { code, said: stdout + stderr };
}

/** Runs the fix that is printed for `about`: the first way, if there are several, without what explains it. */
async function fix(said: string, about: RegExp, choose: (fixes: string[]) => string = ([first]) => first!): Promise<string> {
    const printed = fixBelow(said, (line) => about.test(line))?.replace(/ {3}\(.*$/, "");
    if (printed === undefined) throw new Error(`nothing is printed about ${about} with a fix:\n${said}`);
    const command = choose(printed.split(/, or: /)).replace(/^.*?: (?=docker|pulumi)/, "");
    await run("sh", ["-ec", command], { env: on.env });
    return command;
}

const verifyIsolation = async () => {
    const { stdout } = await attempt("./sidecar", ["verify", "--stack", "local", "--json", "--only", "isolation"], { env: on.env });
    return (JSON.parse(stdout) as { checks: Report[] }).checks[0]!;
};

const pooledAnswers = async () => (await psql(on, out, "tracksolid_db", "SELECT 1")).code === 0;

test("a container of the pooler's name on the database's network is refused, running or not", async () => {
    const name = await stranger("pgbouncer", "--network", on.lab.id);
    const { code, said } = await preview();
    expect(code).not.toBe(0);
    expect(said).toMatch(/pgbouncerAlias: the name pgbouncer on network \S+ is already that of container pgbouncer/);
    await run("docker", ["stop", "-t", "0", name]);
    const stopped = await preview();
    expect(stopped.code).toBe(0);
    await fix(stopped.said, /container pgbouncer .* is stopped/, (fixes) => fixes[0]!.replace(/^.*if nobody needs it: /, ""));
    expect((await attempt("docker", ["inspect", name])).code).not.toBe(0);
    expect((await preview()).said).not.toContain("pgbouncerAlias");
});

test("two that answer to the database's name are refused with their names, and the fix leaves the one", async () => {
    const name = await stranger(`replica-${on.lab.id}`, "--network", on.lab.id, "--network-alias", "timescale_db");
    const { code, said } = await preview();
    expect(code).not.toBe(0);
    expect(said).toContain("2 containers answer to timescale_db");
    expect(said).toContain(on.lab.databaseContainer);
    const printed = await fix(said, /2 containers answer/, (fixes) => fixes.find((one) => one.includes(name))!);
    expect(printed).toContain(`network connect ${on.lab.id} ${name}`);
    expect((await preview()).code).toBe(0);
    const { networks } = JSON.parse(await run("docker", ["inspect", "-f", '{"networks":{{json .NetworkSettings.Networks}}}', name])) as {
        networks: object;
    };
    expect(Object.keys(networks)).toEqual([on.lab.id]);
});

test("a name to which nobody answers is said at once, with the one who does", async () => {
    await setConfig(on, "databaseHost", "timescaledb");
    const from = Date.now();
    const { code, stdout } = await pulumi(on, ["up", ...changing]);
    expect(code).not.toBe(0);
    expect((Date.now() - from) / 1000).toBeLessThan(20);
    expect(stdout).toContain(`no container answers to timescaledb on network ${on.lab.id}`);
    expect(await fix(stdout, /no container answers to timescaledb/)).toBe("pulumi config set --stack local databaseHost timescale_db");
    expect((await preview()).said).not.toContain("databaseHost:");
    await removeConfig(on, "databaseHost");
});

test("a stopped database is named, and once it is started as printed the `up` succeeds", async () => {
    await run("docker", ["stop", on.lab.databaseContainer]);
    const { code, stdout } = await pulumi(on, ["up", ...changing]);
    expect(code).not.toBe(0);
    await fix(stdout, /container \S+ is stopped/);
    await until("the database", 30, async () => (await preview()).code === 0);
    out = await up(on);
    await until("the pool to answer", 20, pooledAnswers);
});

test("an unhealthy pgAdmin is not called unchanged without a word, and a restart as printed heals it", async () => {
    const kill = "for p in /proc/[0-9]*; do grep -qa [g]unicorn $p/cmdline && kill -STOP ${p#/proc/}; done; true";
    await run("docker", ["exec", out.pgadminContainer, "sh", "-c", kill]);
    const health = async () => (await run("docker", ["inspect", "-f", "{{.State.Health.Status}}", out.pgadminContainer])).trim();
    await until("pgAdmin to be unhealthy", 120, async () => (await health()) === "unhealthy");
    const { code, said } = await preview();
    expect(code).toBe(0);
    expect(said).toContain(`${out.pgadminContainer} is unhealthy. Its health check says: `);
    await fix(said, /is unhealthy/, ([first]) => /docker \S*.*?restart \S+?(?=,|$)/.exec(first!)![0]);
    await until("pgAdmin to be healthy", 120, async () => (await health()) === "healthy");
    expect((await preview()).said).not.toContain("is unhealthy");
});

test("a network that pgAdmin shares with the database is a way past the pooler, until the fix as printed", async () => {
    expect((await verifyIsolation()).result).toBe("ok");
    await run("docker", ["network", "connect", out.networks.sidecar, on.lab.databaseContainer]);
    const { said } = await preview();
    expect(said).toContain(
        `pgAdmin can reach the database past the pooler, where no budget counts its connections: by network ${out.networks.sidecar}`,
    );
    const shared = await verifyIsolation();
    expect(shared.result).toBe("warning");
    expect(shared.saw).toMatch(/it reaches the database past the pooler at \d+\.\d+\.\d+\.\d+:5432: by network/);
    await fix(said, /past the pooler/);
    expect((await verifyIsolation()).result).toBe("ok");
    expect((await preview()).said).not.toContain("past the pooler");
});

test.each([
    ["that its registry has not", (own: string) => own.replace(/(:[^:/@]*)?@.*/, ":no-such-tag"), /pgbouncerImage: the registry has no \S+:no-such-tag/],
    ["whose registry is out of reach", () => "127.0.0.1:1/pgbouncer:1", /pgbouncerImage: \S+ can't get 127\.0\.0\.1:1\/pgbouncer:1 \(.*refused/],
])("an image %s stops an up before anything is changed", async (_, image, said) => {
    await setConfig(on, "pgbouncerImage", image(on.images.pgbouncer));
    try {
        const { code, stdout } = await pulumi(on, ["up", ...changing]);
        expect(code).not.toBe(0);
        expect(stdout).toMatch(said);
        expect(stdout).toContain("nothing was changed");
        expect(await pooledAnswers()).toBe(true);
    } finally {
        await setConfig(on, "pgbouncerImage", on.images.pgbouncer);
    }
    expect((await pulumi(on, ["preview", "--expect-no-changes"])).code).toBe(0);
}); // prettier-ignore

test.each<[string, () => Promise<string[]>]>([
    ["Docker's own bridge", () => Promise.resolve(["--network", "bridge"])],
    ["no network", () => Promise.resolve(["--network", "none"])],
    ["another container's network", async () => ["--network", `container:${await stranger(`netns-${on.lab.id}`, "--network", on.lab.id)}`]],
])("a database on %s is reached after the fix as printed", async (_, where) => {
    await run("docker", ["rm", "-f", on.lab.databaseContainer]);
    await redeploy(...(await where()), on.images.timescaledb, "postgres");
    await removeConfig(on, "databaseNetwork");
    await setConfig(on, "databaseHost", on.lab.databaseContainer);
    try {
        const { code, said } = await preview();
        expect(code).not.toBe(0);
        await fix(said, /databaseNetwork:/);
        expect((await preview()).said).not.toMatch(/database(Network|Host):/);
        const network = (await run("pulumi", ["config", "get", "databaseNetwork"], { env: on.env })).trim();
        const host = (await run("pulumi", ["config", "get", "databaseHost"], { env: on.env })).trim();
        const ready = ["run", "--rm", "--network", network, "--entrypoint", "pg_isready", on.images.pgbouncer, "-h", host];
        await until("the database by that name", 30, async () => (await attempt("docker", ready)).code === 0);
    } finally {
        await removeConfig(on, "databaseHost");
        await setConfig(on, "databaseNetwork", on.lab.id);
        await redeploy();
        await attempt("docker", ["network", "rm", "pg-sidecar-database"]);
    }
});

test("a database with the host's own network is served after the fix as printed, and verify says that pgAdmin reaches it, too", async () => {
    const port = String(on.lab.databasePort);
    await redeploy("--network", "host", on.images.timescaledb, "postgres", "-c", `port=${port}`);
    await removeConfig(on, "databaseNetwork");
    await setConfig(on, "databaseHost", on.lab.databaseContainer);
    await setConfig(on, "databasePort", port);
    const { code, said } = await preview();
    expect(code).not.toBe(0);
    await fix(said, /network_mode: host/);
    out = await up(on);
    expect(await pooledAnswers()).toBe(true);
    const isolation = await verifyIsolation();
    expect(isolation.result).toBe("warning");
    expect(isolation.saw).toContain(`it reaches the database past the pooler at`);
});
