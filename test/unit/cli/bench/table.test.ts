import { Results } from "../../../../cli/bench/results";
import { tables } from "../../../../cli/bench/table";

const machine = { cpus: 2, model: "a CPU", memory: 8e9, kernel: "6.1", engine: "29.1", database: "17.6", pgbouncer: "1.24.1" };
const select = { script: "select", protocol: "simple", clients: 30 } as const;
const cell = (way: string, round: number, tps: number) => ({ way, round, ...select, tps, cpu: { database: 50, pooler: way === "direct" ? 0 : 30, pgbench: 20 } }); // prettier-ignore

const results: Results = {
    ...{ at: "2026-11-26T20:00:00.000Z", minutes: 3, machine, seconds: 5, rounds: 3 },
    ways: { direct: "no pooler", strict: "the default" },
    throughput: [
        ...[900, 1000, 1100].map((tps, at) => cell("direct", at + 1, tps)),
        ...[400, 500, 480].map((tps, at) => ({ ...cell("strict", at + 1, tps), backends: 16, wait: 400 })),
        { way: "direct", round: 1, ...select, clients: 200, failed: "not run: the database has 89 connections left for it" },
        { ...cell("strict", 1, 450), clients: 200, backends: 16 },
    ],
    latency: ["direct", "strict"].map((way) => ({ way, round: 1, rate: 200, clients: 30, percentiles: { p50: 0.4, p90: 0.5, p99: 1, "p99.9": 2, max: 3 } })), // prettier-ignore
    connections: [{ way: "strict", round: 1, clients: 10, perSecond: 150 }],
    memory: { idle: [{ way: "strict", clients: 200, resident: 7 * 2 ** 20, backends: 2, seconds: 2 }], backend: 2 ** 20 },
};

test("figures are medians with their spread and their ratio to direct", () => {
    const text = tables(results);
    expect(text).toContain("| SELECT, simple, 30 clients | 1000 ±10 % | 480 ±10 %, 0.48× |");
    expect(text).toContain("| SELECT, simple, 30 clients | 50 | 30 + 50 |");
    expect(text).toContain("| strict | 16, 0.40 ms | 16 |");
    expect(text).toContain("| 200/s | 0.40 / 0.50 / 1.00 / 2.00 / 3.00 |");
    expect(text).toContain("| strict | 200 | 7.0 MiB | 2 | 2 s | 198.0 MiB |");
    expect(text).toContain("2 × a CPU, 8 GB, Linux 6.1, Docker 29.1, PostgreSQL 17.6, pgbouncer 1.24.1");
});

test("what has no figure says why, and what it would be compared with has no ratio", () => {
    const text = tables(results);
    expect(text).toContain("| SELECT, simple, 200 clients | none (1) | 450 ±0 %, – |");
    expect(text).toContain("1. not run: the database has 89 connections left for it");
});

test("a figure without one of its rounds says so, in each table that has rounds", () => {
    const lost = { way: "strict", round: 2, failed: "it went away" };
    const work = { "own code": 8, sending: 21, receiving: 4, waiting: 5, "rest of the kernel": 1 };
    const text = tables({
        ...results,
        throughput: [...results.throughput, { ...lost, ...select }],
        latency: [...results.latency, { ...lost, rate: 200, clients: 30 }],
        connections: [...results.connections, { ...lost, clients: 10 }],
        profile: [
            { way: "strict", round: 1, ...select, of: { pgbouncer: work, postgres: work, pgbench: work } },
            { ...lost, ...select },
        ],
    });
    expect(text).toContain("| 480 ±10 % (1), 0.48× |");
    expect(text).toContain("| 0.40 / 0.50 / 1.00 / 2.00 / 3.00 (1) |");
    expect(text).toContain("| new connections a second | 150 ±0 % (1), – |");
    expect(text).toContain("| pgbouncer: sending | 21 (1) |");
    expect(text.match(/^\d\. it went away$/gm)).toHaveLength(4);
});

test("a part that was not measured has no heading", () => {
    expect(tables({ ...results, latency: [], memory: { idle: [] } })).not.toMatch(/### (Latency|Idle)/);
});

test("CPU time is shown by program and kind of work, for each load and way", () => {
    const work = { "own code": 8, sending: 21, receiving: 4, waiting: 5, "rest of the kernel": 1 };
    const of = { pgbouncer: work, postgres: work, pgbench: work };
    const profile = ["direct", "strict"].map((way) => ({ way, round: 1, ...select, of }));
    const text = tables({
        ...results,
        profile: [...profile, { way: "direct", round: 1, ...select, protocol: "prepared", failed: "no perf" }],
    });
    expect(text).toContain("| CPU µs of a SELECT | direct: simple | strict: simple | direct: prepared |");
    expect(text).toContain("| pgbouncer: sending | 21 | 21 | none (1) |");
});
