import * as fs from "fs";
import { benchName } from "../../cli/bench/playground";
import { Results } from "../../cli/bench/results";
import { inLab } from "../../lab/paths";
import { attempt } from "../../lab/run";
import { direct } from "./support/database";
import { outside } from "./support/outside";
import { useStack } from "./support/stack";

// What `./sidecar bench` measures is in docs/MEASUREMENTS.md. Here: that it measures, and leaves nothing behind.

const on = useStack("19-bench");
const bench = (...args: string[]) =>
    attempt("./sidecar", ["bench", "--seconds", "1", "--rounds", "1", "--clients", "4", ...args], { env: on.env });

test("measures directly and through poolers of its own, and leaves nothing behind", async () => {
    const before = await outside(on);
    const file = inLab("bench.json");
    const { code, stdout, stderr } = await bench("--variants", "direct,strict,tls-clients", "--only", "latency,connections,profile", "--json", file); // prettier-ignore
    expect([code, stderr]).toEqual([0, expect.stringContaining("profile 6/6: ")]);
    const { latency, connections, profile = [] } = JSON.parse(fs.readFileSync(file, "utf8")) as Results;
    expect(latency.map(({ way, rate }) => `${way} ${rate}`).sort()).toEqual(["direct 1000", "direct 200", "strict 1000", "strict 200"]);
    for (const { percentiles } of latency) expect(percentiles!.max).toBeGreaterThanOrEqual(percentiles!.p50);
    expect(connections.map(({ way }) => way).sort()).toEqual(["direct", "strict", "tls-clients"]);
    for (const one of connections) expect([one.way, one.failed, one.perSecond! > 0]).toEqual([one.way, undefined, true]);
    expect(profile.map(({ way, protocol, rate }) => [way, protocol, rate].join(" ").trim()).sort()).toEqual(
        ["direct", "strict"].flatMap((way) => ["prepared", "simple", "simple 1000"].map((load) => `${way} ${load}`)),
    );
    const used = (way: string, program: "pgbouncer" | "postgres") =>
        Object.values(profile.find((one) => one.way === way && one.rate === undefined)!.of![program]).reduce((sum, one) => sum + one);
    expect(used("direct", "pgbouncer")).toBeLessThan(used("strict", "pgbouncer") / 2); // the stack's own is idle
    expect(used("direct", "postgres")).toBeGreaterThan(5);
    expect(stdout).toContain("| way | what it is |");
    expect(await outside(on)).toEqual(before);
});

test("a role of that name which is not bench's is refused, and the printed fix makes room", async () => {
    await direct(on, `CREATE ROLE ${benchName}`);
    try {
        const { code, stderr } = await bench("--variants", "direct");
        expect([code, stderr]).toEqual([2, expect.stringContaining(`has a role ${benchName} that bench did not make`)]);
        const [, fix] = /Fix: rename it: (.*)$/m.exec(stderr)!;
        expect((await attempt("sh", ["-c", fix!], { env: on.env })).code).toBe(0);
        expect(await direct(on, `SELECT rolname FROM pg_roles WHERE rolname LIKE '${benchName}%'`)).toEqual([{ rolname: `${benchName}_of_mine` }]); // prettier-ignore
    } finally {
        await direct(on, `DROP ROLE IF EXISTS ${benchName}`);
        await direct(on, `DROP ROLE IF EXISTS ${benchName}_of_mine`);
    }
});

test("an interrupted run removes all that it made, and shows what it has", async () => {
    const before = await outside(on);
    const { code, stdout, stderr } = await attempt("sh", ["-c", `./sidecar bench --seconds 2 --variants direct,strict --only throughput --clients 4 & pid=$!; (sleep 25; kill -TERM $pid) & wait $pid`], { env: on.env }); // prettier-ignore
    expect([code, stderr]).toEqual([143, expect.stringContaining("bench: ending after this measurement")]);
    expect(stdout).toMatch(/^\| (SELECT|TPC-B), \w+, 4 clients \|.* \d+ ±\d+ %/m);
    expect(await outside(on)).toEqual(before);
});
