import { setTimeout } from "timers/promises";
import { exec } from "../../host/exec";
import { Context } from "./context";
import { Generator } from "./generator";
import { BenchPooler, Model } from "./pooler";
import { Target } from "../verify/target";
import { Results } from "./results";
import { variants, withClients } from "./variants";

/** Seconds for which clients are idle once all are connected. */
const idle = 5;

/** Opens clients that do nothing, runs `look` once all are connected, and returns what it found and how long they took to connect. */
async function whileIdle<T>(generator: Generator, at: Parameters<Generator["run"]>[0], clients: number, look: () => Promise<T>) {
    const script = "/tmp/idle.sql";
    await generator.run(at, ["sh", "-c", `echo '\\sleep ${idle} s' > ${script}`]);
    const from = Date.now();
    const running = generator.run(at, ["pgbench", "--no-vacuum", `--file=${script}`, `--client=${clients}`, "--transactions=1"], 600);
    // pgbench begins once the last one is connected, and each sleeps from then on.
    let seen: { result: T; seconds: number } | undefined;
    let ended = false;
    void running.finally(() => (ended = true)).catch(() => undefined);
    while (!ended && !seen) {
        await setTimeout(500);
        const open = Number(await connected(generator));
        if (open < clients) continue;
        const seconds = (Date.now() - from) / 1000;
        const result = await look();
        if (Number(await connected(generator)) < clients)
            throw new Error("the clients left before they were looked at: the machine is too busy");
        seen = { result, seconds };
    }
    const { code, stderr } = await running;
    if (!seen || code !== 0) throw new Error(stderr.split("\n").find((line) => /error|FATAL/.test(line)) ?? `pgbench ended with ${code}`);
    return seen;
}

/** TCP connections that pgbench has, established. */
async function connected(generator: Generator): Promise<string> {
    const { stdout } = await generator.run(generator.direct, ["sh", "-c", "cat /proc/net/tcp | awk '$4 == \"01\"' | wc -l"]);
    return stdout.trim();
}

/** Measures what a pooler weighs with so many idle clients, and how many backends it keeps for them. */
async function idleClients(on: Context, pooler: BenchPooler, clients: number) {
    try {
        await pooler.start();
        const { result, seconds } = await whileIdle(on.generator, pooler.endpoint, clients, async () => ({
            resident: await pooler.residentMemory(),
            backends: await on.generator.backends(),
        }));
        return { ...result, seconds };
    } finally {
        await pooler.stop();
    }
}

/** Bytes that an idle backend has for itself, which the pool saves for each client beyond its own backends: the mean of ten. */
async function backendSize(on: Context): Promise<number> {
    const backends = 10;
    const { result } = await whileIdle(on.generator, on.generator.direct, backends, async () => {
        const pids = await on.generator.ask(on.generator.direct, "SELECT string_agg(pid::text, ' ') FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid()"); // prettier-ignore
        // Only its own user may read what a backend has: in a container not even root.
        const owner = await exec(on.docker, on.generator.database, ["stat", "-c", "%u:%g", "/proc/1"], { user: "0" });
        const script = `for pid in ${pids}; do cat /proc/$pid/smaps_rollup; done | awk '/^Private_/ { sum += $2 } END { print sum }'`;
        const { stdout } = await exec(on.docker, on.generator.database, ["sh", "-c", script], { user: owner.stdout.trim() });
        return (Number(stdout) * 1024) / pids.split(" ").length;
    });
    if (!(result > 0)) throw new Error("the memory of a backend can't be read");
    return result;
}

export interface MemoryArgs {
    target: Target;
    model: Model;
    /** Numbers of idle clients. */
    counts: number[];
}

/** Measures what so many idle clients cost, at the pooler and directly. */
export async function measureMemory(on: Context, { target, model, counts }: MemoryArgs, all: Results["memory"]): Promise<void> {
    const strict = variants.find(({ name }) => name === "strict")!;
    const pooler = await BenchPooler.create(target, model, { ...withClients(strict, Math.max(...counts) + 100), name: "many" });
    on.expect("memory", counts.length + 1);
    const direct = await on.trying(async () => ({ backend: await backendSize(on) }));
    if ("backend" in direct) all.backend = direct.backend;
    on.say(`an idle backend: ${"failed" in direct ? direct.failed : `${Math.round(direct.backend / 1024)} kB`}`);
    for (const clients of counts) {
        const found = await on.trying(() => idleClients(on, pooler, clients));
        all.idle.push({ way: "strict", clients, ...found });
        on.say(`${clients} idle clients: ${"failed" in found ? found.failed : `${Math.round(found.resident / 1024)} kB`}`);
    }
}
