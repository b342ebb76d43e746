import * as fs from "fs";
import * as path from "path";
import { load } from "js-yaml";
import { exporterImages } from "../../lab/exporters";
import { freePort } from "../../lab/identity";
import { project } from "../../lab/paths";
import { attempt, run, until } from "../../lab/run";
import { questions } from "../../observability/questions";
import { Report } from "../../cli/verify/check";
import { readStats } from "../../cli/bench/usage";
import { used } from "../proof/changes/figures";
import { pause } from "../proof/reconnecting";
import { psql } from "./support/clients";
import { direct } from "./support/database";
import { MetricsOutputs, Prometheus, testRules } from "./support/prometheus";
import { expectNoLeak, secretsOf } from "./support/secrets";
import { changing, containers, Outputs, pulumi, removeConfig, replacing, setConfig, upWithoutChanges, useStack } from "./support/stack";

// Exporters beside the pooler, scraped by a real Prometheus with the config that the stack prints.

const on = useStack("20-metrics");
const { clients } = on;
const settings: Record<string, string> = { metrics: "true", serverResetQueryAlways: "false" };
/** The network of Prometheus, on which are neither the database nor the pooler. */
let monitoring: string;
const twoProcesses = { processes: "2", maxDbConnections: "14", defaultPoolSize: "14" };
let prometheus: Prometheus;
let exporters: string[];

beforeAll(async () => {
    Object.assign(settings, await exporterImages(on.lab.registryPort));
    monitoring = `monitoring-${on.lab.id}`;
    await run("docker", ["network", "create", monitoring]);
    settings.metricsNetwork = monitoring;
}, 600_000);

afterAll(async () => {
    await prometheus?.stop();
    for (const key of [...Object.keys(settings), ...Object.keys(twoProcesses), "metricsPort", "serverResetEnforced", "minPoolSize"])
        await removeConfig(on, key);
    await on.up();
    await attempt("docker", ["network", "rm", monitoring]);
});

test("promtool's tests of the alerts pass", async () => {
    const { code, stdout, stderr } = await testRules(on);
    expect([stderr, stdout, code]).toEqual(["", expect.stringContaining("SUCCESS"), 0]);
});

test("an up with metrics rolls the pooler, which turns nobody away, and the next one finds nothing to do", async () => {
    for (const [key, value] of Object.entries(settings)) await setConfig(on, key, value);
    const { failures } = await clients.connecting(() => on.up());
    expect(failures).toEqual([]);
    await upWithoutChanges(on);
    await clients.removeAll(); // these have the provider's password
    const secrets = await secretsOf(on);
    expect(secrets.map(({ name }) => name)).toContain("metrics role's password");
    expect(await expectNoLeak(on, secrets)).toContainEqual(expect.stringMatching(/^file metrics-database-/));
    exporters = await containers("metrics-");
    expect(exporters).toHaveLength(2);
});

test("Prometheus finds both exporters with the config that the stack prints, and both reach what they ask", async () => {
    prometheus = await Prometheus.start(on, on.out as Outputs & MetricsOutputs);
    await until("both to be scraped", 30, async () => {
        const up = await Promise.all(["sum(up)", "sum(pgbouncer_up)", "sum(pg_up)"].map((expr) => prometheus.value(expr)));
        return up.join() === "2,1,1";
    });
    expect(await prometheus.value("pg_sidecar_pool_budget")).toBe(on.out.backendBudget);
    expect(await prometheus.value("pg_sidecar_pool_poolers")).toBe(1);
    expect(await prometheus.value("pg_sidecar_lookup_works")).toBe(1);
    expect(await prometheus.value("pg_sidecar_lookup_password_age_seconds")).toBeLessThan(600);
    const [counted] = await direct<{ count: number }>(
        on,
        "SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend'",
    );
    expect(Math.abs((await prometheus.value("pg_sidecar_connections_used"))! - counted!.count)).toBeLessThan(5);
    expect(await prometheus.value('sum(pg_sidecar_backends_count{way="direct"})')).toBeGreaterThan(0);
});

const verify = (...checks: string[]) => attempt("./sidecar", ["verify", "--stack", "local", "--only", checks.join(",")], { env: on.env });

test("verify sees exporters that answer, and one that does not", async () => {
    const good = await verify("containers", "exporters");
    expect(good.stdout).toMatch(/metrics-console-\w+ has \d+ series; metrics-database-\w+ has \d+\s+series/);
    expect(good.code).toBe(0);
    const [database] = await containers("metrics-database");
    await run("docker", ["stop", "-t", "1", database!]);
    const stopped = await verify("exporters");
    expect([stopped.stdout, stopped.code]).toEqual([expect.stringContaining("and 0 for the database"), 1]);
    await run("docker", ["start", database!]);
    await until("it to be scraped again", 30, async () => (await prometheus.value("sum(pg_up)")) === 1);
});

test("bench measures a stack with metrics", async () => {
    const bench = await attempt("./sidecar", ["bench", "--seconds", "1", "--rounds", "1", "--only", "connections", "--variants", "strict"], { env: on.env }); // prettier-ignore
    expect([bench.stderr, bench.code]).toEqual([expect.stringMatching(/connections 1\/1: strict: \d+ a second/), 0]);
});

test("what a client leaves behind in a backend of a fast pool is counted, with its user and application", async () => {
    const script = "SET application_name = 'careless'; SELECT pg_advisory_lock(15); CREATE TEMPORARY TABLE left_here (id int)";
    const pooled = ["exec", "-e", `PGPASSWORD=${on.lab.databasePassword}`, on.out.pgbouncerContainer, "psql", "-h", "pgbouncer", "-p", "6432", "-U", "postgres", "-d", "tracksolid_db", "-AtqX"]; // prettier-ignore
    await run("docker", [...pooled, ...script.split("; ").flatMap((one) => ["-c", one])]);
    for (const kind of ["advisory lock", "temporary table"]) {
        await until(`the ${kind} to be counted`, 20, async () => (await prometheus.value(`pg_sidecar_leaks_count{kind="${kind}", user="postgres", database="tracksolid_db"}`)) === 1); // prettier-ignore
    }
    // Of these, a direct session sees the backend's last statement alone.
    for (const [kind, statement] of [
        ["session setting", "SET work_mem = '5MB'"],
        ["listen", "LISTEN left_here"],
    ] as const) {
        await run("docker", [...pooled, "-c", statement]);
        await until(`the ${kind} to be counted`, 20, async () => (await prometheus.value(`pg_sidecar_leaks_count{kind="${kind}", user="postgres", database="tracksolid_db"}`)) === 1); // prettier-ignore
    }
    await direct(on, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = 15");
});

test("the dashboard and the alerts ask for metrics that there are", async () => {
    const { groups } = load(fs.readFileSync(path.join(project, "observability/prometheus/pg-sidecar.rules.yml"), "utf8")) as { groups: { rules: { expr: string }[] }[] }; // prettier-ignore
    const asked = [
        ...questions.flatMap(({ panels }) => panels.flatMap(({ queries }) => queries.map(({ expr }) => expr))),
        ...groups.flatMap(({ rules }) => rules.map(({ expr }) => expr)),
    ].flatMap((expr) => expr.match(/\b(pgbouncer|pg)_[a-z_]+/g) ?? []);
    const there = await prometheus.names();
    const columns = ["pgbouncer_lookup"]; // a database
    const withoutCertificate = ["pg_sidecar_certificate_remaining_seconds"]; // without TLS there is none
    // The exporter gives no type to a column that has no description.
    expect((await prometheus.untyped()).filter((name) => name.startsWith("pg_sidecar_"))).toEqual([]);
    expect([...new Set(asked)].filter((name) => ![...there, ...columns, ...withoutCertificate].includes(name))).toEqual([]);
});

test("a roll brings the new pooler's exporter under an instance of its own, and takes the old one's away", async () => {
    const began = () => prometheus.query('process_start_time_seconds{job="pgbouncer"} and on (instance) up == 1');
    const before = await until("the one pooler to be scraped", 30, async () => {
        const [now, ...others] = await began();
        return others.length === 0 && now;
    });
    await on.up(...replacing);
    // It may have the other's address.
    await until("the new one alone to be scraped", 30, async () => {
        const [now, ...more] = await began();
        return now !== undefined && more.length === 0 && now.value > before.value;
    });
    expect(await prometheus.value("min(pgbouncer_up)")).toBe(1);
});

test("the exporters' logins can look, and nothing else", async () => {
    const [id] = (await run("docker", ["inspect", "-f", "{{.Id}}", on.out.pgbouncerContainer])).match(/^.{12}/)!;
    const asExporter = (at: string, ...more: string[]) =>
        attempt("docker", ["run", "--rm", "--user", "65534", "--network", on.lab.id, "-v", `${sockets}:/run/pg-sidecar:ro`, "--entrypoint", "psql", on.images.pgbouncer, "-h", at, "-p", "6432", "-U", "nobody", ...more]); // prettier-ignore
    const sockets = (await run("docker", ["volume", "ls", "-q", "--filter", "name=pgbouncer-sockets"])).trim();
    const socket = `/run/pg-sidecar/${id}`;
    expect((await asExporter(socket, "-d", "pgbouncer", "-AtXc", "SHOW POOLS")).code).toBe(0);
    for (const command of ["SHUTDOWN", "RELOAD", "PAUSE", "KILL tracksolid_db", "SET max_client_conn = 1"]) {
        const { code, stderr } = await asExporter(socket, "-d", "pgbouncer", "-AtXc", command);
        expect([command, code, stderr]).toEqual([command, 1, expect.stringContaining("admin access needed")]);
    }
    // Nobody else is that user: not over TCP, not another account on the socket, and not in a pool.
    expect((await asExporter("pgbouncer", "-d", "pgbouncer", "-c", "SHOW POOLS")).stderr).toContain("login rejected");
    expect((await asExporter("pgbouncer", "-d", "tracksolid_db", "-c", "SELECT 1")).stderr).toContain("login rejected");
    expect((await asExporter(socket, "-d", "tracksolid_db", "-c", "SELECT 1")).stderr).toContain("rejected");
    const other = await attempt("docker", ["exec", on.out.pgbouncerContainer, "psql", "-h", "/tmp/pgbouncer", "-p", "6432", "-U", "nobody", "-d", "pgbouncer", "-c", "SHOW POOLS"]); // prettier-ignore
    expect(other.stderr).toContain("rejected");
    const [database] = await containers("metrics-database");
    const password = await run("docker", ["exec", database!, "cat", "/etc/pg-sidecar/secrets/password"]);
    const read = await attempt("docker", ["exec", "-e", `PGPASSWORD=${password}`, on.lab.databaseContainer, "psql", "-h", "127.0.0.1", "-U", "sidecar_metrics", "-d", "tracksolid_db", "-c", "SELECT * FROM tracksolid.ingestion_log"]); // prettier-ignore
    expect(read.stderr).toContain("permission denied");
    for (const name of await containers("metrics-")) expect(await run("docker", ["inspect", name])).not.toContain(password);
});

/** Hundredths of a second of CPU that the backend of the database's exporter has used. */
async function queriesTime(): Promise<number> {
    const [backend] = await direct<{ pid: number }>(
        on,
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'pg-sidecar-metrics' ORDER BY backend_start LIMIT 1",
    );
    const stat = await run("docker", ["exec", on.lab.databaseContainer, "cat", `/proc/${backend!.pid}/stat`]);
    const [user, system] = stat.slice(stat.lastIndexOf(")") + 2).split(" ").slice(11, 13).map(Number); // prettier-ignore
    return user! + system!;
}

test("exporters that are gone or killed harm nobody, and come back; what they cost", async () => {
    exporters = await containers("metrics-");
    const { failures } = await clients.connecting(async () => {
        for (const each of exporters) await run("docker", ["kill", each]);
        await run("docker", ["start", ...exporters]);
    });
    expect(failures).toEqual([]);
    await until("both to be scraped again", 30, async () => (await prometheus.value("sum(pgbouncer_up) + sum(pg_up)")) === 2);
    const docker = { host: on.env.DOCKER_HOST!, sshOpts: [] };
    const look = () => Promise.all(exporters.map((name) => readStats(docker, name)));
    const [before, queriesBefore] = [await look(), await queriesTime()];
    await pause(20);
    const [after, queries] = [await look(), ((await queriesTime()) - queriesBefore) / 20];
    const cost = before.map((one, at) => used(one, after[at]!));
    console.log(exporters.map((name, at) => `${name}: ${cost[at]!.cpu.toFixed(2)} % of a core at a scrape every 2 s, ${cost[at]!.memory.toFixed(1)} MiB`).join("\n")); // prettier-ignore
    console.log(`the queries: ${queries.toFixed(2)} % of a core of the database at a scrape every 2 s`);
    expect(queries).toBeGreaterThan(0);
    expect(queries).toBeLessThan(5);
    for (const { cpu, memory } of cost) expect([cpu < 5, memory < 40]).toEqual([true, true]);
});

/** Leaves settings in a backend, and so many tables that the reset takes longer (some 180 ms) than the session's time limit. */
const poison = `BEGIN; SET search_path = poisoned;
DO $$ BEGIN FOR i IN 1..2000 LOOP EXECUTE format('CREATE TEMPORARY TABLE poison_%s (id int)', i); END LOOP; END $$;
SET statement_timeout = '20ms'; COMMIT`;

test("a reset that fails leaves a client's state to the next ones: it is counted, verify names it, and the printed fix averts it", async () => {
    await removeConfig(on, "serverResetQueryAlways");
    await setConfig(on, "minPoolSize", "0"); // a backend that pgbouncer opens by itself would be given out before the poisoned one
    await on.up();
    await pause(2); // for a second after a reload, the pooler closes backends as they become free
    const searchPath = async () => {
        await pause(0.5); // the backend that was used last is the next to be given out
        return (await psql(on, on.out, "tracksolid_db", "SHOW search_path")).stdout.trim();
    };
    const leaks = () => prometheus.value('sum(pg_sidecar_leaks_count{user="postgres"})');
    expect((await psql(on, on.out, "tracksolid_db", poison)).code).toBe(0);
    // What is poisoned has a statement_timeout of 20 ms, which may end this one.
    await until("the poisoned backend", 15, async () => (await searchPath()) === "poisoned");
    await until("the tables to be counted", 20, async () => (await leaks()) === 2000);
    const seen = await attempt("./sidecar", ["verify", "--stack", "local", "--only", "left-behind", "--json"], { env: on.env });
    const { checks } = JSON.parse(seen.stdout) as { checks: Report[] };
    const { result, saw, remedy } = checks.find(({ id }) => id === "left-behind")!;
    expect([result, saw]).toEqual(["failed", expect.stringContaining("2000 × temporary table by postgres")]);

    await run("sh", ["-c", `${remedy} ${changing.join(" ")}`], { env: on.env });
    await pause(2);
    expect(await searchPath()).toBe('"$user", public');
    expect((await psql(on, on.out, "tracksolid_db", poison)).code).toBe(0);
    for (let looks = 0; looks < 10; looks++) expect(await searchPath()).toBe('"$user", public');
    expect((await verify("query", "left-behind", "leak-set", "leak-role", "leak-temp", "leak-lock", "leak-prepared")).code).toBe(0);
    await until("none to be counted", 20, async () => ((await leaks()) ?? 0) === 0);
    for (const key of ["serverResetEnforced", "minPoolSize"]) await removeConfig(on, key);
});

test("each of two processes has an exporter of its own, and each of them a port of the host if one is asked for", async () => {
    for (const name of await containers("metrics-")) expect((await run("docker", ["port", name])).trim()).toBe("");
    let first = 9187;
    while ((await freePort(first)) !== first || (await freePort(first + 1)) !== first + 1 || (await freePort(first + 2)) !== first + 2)
        first++;
    const ports = [first, first + 1, first + 2];
    for (const [key, value] of Object.entries({ ...twoProcesses, metricsPort: String(first) })) await setConfig(on, key, value);
    const { metricsScrape } = (await on.up()) as Outputs & MetricsOutputs;
    const metrics = (port: number) =>
        until(`the exporter on port ${port}`, 30, async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text());
    const answers = await Promise.all(ports.map(metrics));
    expect(answers.map((text) => [text.includes("\npg_sidecar_pool_budget"), text.includes("\npgbouncer_version_info")])).toEqual([
        [true, false],
        [false, true],
        [false, true],
    ]);
    // Whoever reaches the database's exporter has it connect elsewhere, with a login of the request's own.
    const target = encodeURIComponent(`stranger:wrong@${on.lab.databaseContainer}:5432/tracksolid_db?sslmode=disable`);
    expect(await (await fetch(`http://127.0.0.1:${first}/probe?target=${target}`)).text()).toMatch(/^pg_up 0$/m);
    const failed = await until("the login to be in the log", 10, async () => {
        const { stdout, stderr } = await attempt("docker", ["logs", "--since", "1m", on.lab.databaseContainer]);
        const users = (stdout + stderr).match(/authentication failed for user "\w+"/g) ?? [];
        return users.length > 0 && users;
    });
    expect([...new Set(failed)]).toEqual(['authentication failed for user "stranger"']);
    for (const port of ports) expect(metricsScrape).toContain(`"127.0.0.1:${port}"`);
    const published = await verify("containers", "ports");
    expect([published.code, published.stdout]).toEqual([0, expect.stringContaining(`127.0.0.1:${first + 2}`)]);
    await until("both to be scraped", 30, async () => (await prometheus.value('sum(up{job="pgbouncer"}) * sum(pgbouncer_up)')) === 4);
    const running = await prometheus.query("count by (instance) (pgbouncer_version_info)");
    expect(running).toHaveLength(2);
    await on.up(...replacing); // the new exporters get the ports of the old ones
    expect(await metrics(first + 2)).toContain("\npgbouncer_version_info");
    await upWithoutChanges(on);
});

test("without metrics nothing of them is left", async () => {
    await setConfig(on, "metrics", "false");
    for (const key of [...Object.keys(twoProcesses), "metricsPort"]) await removeConfig(on, key);
    await on.up();
    await on.up(); // the lookup role's limit is lowered once the pooler that had two processes is gone
    expect(await containers("metrics-")).toEqual([]);
    expect(await direct(on, "SELECT 1 FROM pg_roles WHERE rolname = 'sidecar_metrics'")).toEqual([]);
    expect(await run("docker", ["volume", "ls", "-q"])).not.toMatch(/sockets|metrics/);
    expect((await pulumi(on, ["preview", "--refresh", "--expect-no-changes"])).code).toBe(0);
});
