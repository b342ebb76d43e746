import { attempt, run, until } from "../../lab/run";
import { Loop } from "./support/clients";
import { containers, pulumi, removeConfig, setConfig, useStack } from "./support/stack";

// A pooler of two processes. On two cores this shows that it is right, not that it is fast.

const on = useStack("13-processes");
const { clients, pooledAnswers } = on;

/** The lab's database has connections for two poolers of 14 backends, if each has two lookup pools. */
const settings = { processes: "2", maxDbConnections: "14", defaultPoolSize: "14" };

afterAll(async () => {
    for (const key of Object.keys(settings)) await removeConfig(on, key); // the next file's `up` deploys it, and the one after lowers the lookup role's connection limit
});

const inPooler = (script: string) => run("docker", ["exec", on.out.pgbouncerContainer, "sh", "-c", script]);
const console = (number: number, show: string) => inPooler(`. /tmp/pg-sidecar/common && on_console ${number} -c '${show}'`);
const process2 = "$(ps -o pid,args | awk '/[p]gbouncer .tmp.2.ini/ { print $1 }')";

test("the pooler that serves is rolled to two processes, which turns nobody away", async () => {
    const before = on.out.pgbouncerContainer;
    for (const [key, value] of Object.entries(settings)) await setConfig(on, key, value);
    const { failures } = await clients.connecting(() => on.up());
    expect(failures).toEqual([]);
    expect(on.out.pgbouncerContainer).not.toBe(before);
    expect((await pulumi(on, ["preview", "--refresh", "--expect-no-changes"])).code).toBe(0);
});

test("clients are spread over both, and the pools' sizes add up to those that were set", async () => {
    const held = await clients.node("sleepers.ts", { CLIENTS: "40" });
    try {
        await until("all sessions in both processes", 20, async () => {
            const lists = [await console(1, "SHOW LISTS"), await console(2, "SHOW LISTS")];
            const used = lists.map((one) => Number(/^used_clients\|(\d+)/m.exec(one)![1]));
            return used.every((each) => each > 5) && used[0]! + used[1]! > 40;
        });
    } finally {
        const { failures } = await clients.finish<Loop>(held);
        expect(failures).toEqual([]);
    }
    for (const number of [1, 2]) expect(await console(number, "SHOW CONFIG")).toMatch(/^max_db_connections\|7\|/m);
});

test("each cancel request reaches the process that has the session", async () => {
    const query = "psql -h pgbouncer -p 6432 -U postgres -d tracksolid_db -c '\\! touch /tmp/connected' -c 'SELECT pg_sleep(300)'";
    const connected = "until [ -e /tmp/connected ]; do sleep 0.1; done; rm /tmp/connected";
    // A signal that comes before the query cancels nothing.
    const script = `for i in $(seq 20); do ${query} & p=$!; ${connected}; while kill -INT $p 2> /dev/null; do sleep 0.5; done; done`;
    const ran = await attempt("docker", [
        "exec", "-e", `PGPASSWORD=${on.lab.databasePassword}`, on.out.pgbouncerContainer, "sh", "-c", script,
    ]); // prettier-ignore
    expect(ran.stderr.match(/canceling statement due to user request/g)).toHaveLength(20);
});

test("a changed setting is reloaded by both, and ends no session", async () => {
    const held = await clients.node("sleepers.ts", { CLIENTS: "20" });
    await setConfig(on, "defaultPoolSize", "13");
    await on.up();
    const { ok, failures } = await clients.finish<Loop>(held);
    expect(failures).toEqual([]);
    expect(ok).toBeGreaterThan(20);
    const sizes = [await console(1, "SHOW CONFIG"), await console(2, "SHOW CONFIG")].map(
        (one) => /^default_pool_size\|(\d+)/m.exec(one)![1],
    );
    expect(sizes).toEqual(["7", "6"]);
});

test("verify holds each process against its own ini, and the budget against both", async () => {
    const { code, stdout } = await attempt("./sidecar", ["verify", "--stack", "local", "--only", "mode,config,pool-limits,stress"], {
        env: on.env,
    });
    expect(stdout).toContain("in each of 2 processes");
    expect(stdout).toMatch(/at most \d+ backends of 18/);
    expect(code).toBe(0);
});

test("the pooler restarts if one of its processes is gone", async () => {
    const [name] = await containers("pgbouncer");
    const started = () => run("docker", ["inspect", "-f", "{{.State.StartedAt}}", name!]);
    const before = await started();
    await inPooler(`kill -9 ${process2}`);
    await until("the container's restart", 20, async () => (await started()) !== before);
    await until("the pool to answer again", 20, pooledAnswers);
    const { stdout, stderr } = await attempt("docker", ["logs", name!]);
    expect(stdout + stderr).toContain("run: pgbouncer ended by itself (process 2)");
});
