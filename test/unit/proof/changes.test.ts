import { median } from "../../../cli/statistics";
import { EngineStats } from "../../../cli/bench/usage";
import { chosenParts, Measured, parts, result, Size } from "../../proof/changes";
import { medianAndWorst, spread, used } from "../../proof/changes/figures";
import { Idle, idleHead, idleRows } from "../../proof/changes/idle";
import { lifecycleHead, lifecycleRows } from "../../proof/changes/lifecycle";
import { Change, Changes, changesHead, changesRow, unharmed } from "../../proof/changes/load";
import { page } from "../../proof/record";

test("a median is the middle one, or the mean of the two in the middle", () => {
    expect([median([3, 1, 2]), median([4, 1, 3, 2]), median([])]).toEqual([2, 2.5, NaN]);
    expect(spread([3, 1, 2.26])).toBe("2.3 s (1.0–3.0)");
    expect(medianAndWorst([0.1, 0.5, 0.2])).toBe("0.20 s; 0.50 s");
});

describe("what a container used", () => {
    const stats = (read: string, cpu: number, memory: EngineStats["memory_stats"]): EngineStats => ({
        read,
        cpu_stats: { cpu_usage: { total_usage: cpu } },
        memory_stats: memory,
    });
    const before = stats("2026-01-01T00:00:00.123456789Z", 5e9, {});

    test("is percent of a core, and memory without the page cache", () => {
        const after = stats("2026-01-01T00:01:00.123456789Z", 5.6e9, { usage: 30 * 2 ** 20, stats: { inactive_file: 10 * 2 ** 20 } });
        expect(used(before, after)).toEqual({ cpu: 1, memory: 20 });
    });

    test("is the same with cgroups of version 1", () => {
        const stats1 = { inactive_file: 1, total_inactive_file: 2 ** 20 };
        expect(used(before, stats("2026-01-01T00:00:10.123456789Z", 6e9, { usage: 2 ** 21, stats: stats1 }))).toEqual({ cpu: 10, memory: 1 });
    });
}); // prettier-ignore

const change: Change = { seconds: 10, queries: 500, cut: 0, failed: 0, longest: 40, said: [] };
const changes = (more: Partial<Changes> = {}): Changes => ({
    ...{ kind: "a reload", connections: 900, failed: 0, said: [], cuts: false },
    changes: [change, { ...change, seconds: 12, longest: 80 }],
    ...more,
});

test("changes are a row with median and worst", () => {
    expect(changesRow(changes())).toEqual(["a reload", "2", "11.00 s; 12.00 s", "900", "0", "0.06 s; 0.08 s", "0 of 20", "1000"]);
    expect(changesHead).toHaveLength(8);
});

test.each<[string, Partial<Changes>, boolean]>([
    ["nobody failed", {}, true],
    ["a roll cut sessions", { cuts: true, changes: [{ ...change, cut: 10 }] }, true],
    ["a reload cut a session", { changes: [{ ...change, cut: 1 }] }, false],
    ["a session did not come back at once", { cuts: true, changes: [{ ...change, failed: 1 }] }, false],
    ["a connection failed", { failed: 1 }, false],
    ["nobody connected", { connections: 0 }, false],
    ["the held sessions did not query", { changes: [{ ...change, queries: 0 }] }, false],
])("%s", (_, more, expected) => {
    expect(unharmed(changes(more))).toBe(expected);
});

test("a step has a cell for each way, and a dash for one that was not measured", () => {
    const rows = lifecycleRows([
        { title: "up", took: { socket: [{ seconds: 2 }, { seconds: 4 }] } },
        { title: "up", took: { ssh: [{ seconds: 5, commands: 6 }, { seconds: 7, commands: 8 }] } },
        { title: "again", took: { socket: [{ seconds: 1 }] } },
    ]); // prettier-ignore
    expect(rows).toEqual([
        ["up", "3.0 s (2.0–4.0)", "6.0 s (5.0–7.0)", "8"],
        ["again", "1.0 s (1.0–1.0)", "–", "–"],
    ]);
    expect(rows[0]).toHaveLength(lifecycleHead.length);
});

const idle = (cpu: number): Idle => ({
    startInterval: true,
    ...{ pgbouncer: { cpu, memory: 5 }, pgadmin: { cpu: 0.5, memory: 200 } },
    ...{ database: { cpu: 2, memory: 50 }, databaseAlone: { cpu: 1, memory: 50 } },
});

test("an idle sidecar's containers are added up", () => {
    const rows = idleRows(idle(0.25));
    expect(rows[2]).toEqual(["both", "0.75 %", "205.0 MiB"]);
    expect(rows.every(({ length }) => length === idleHead.length)).toBe(true);
});

describe("the proof", () => {
    const whole: Size = { times: 20, runs: 5, seconds: 60, only: parts };
    const measured = (more: Partial<Measured> = {}): Measured => ({ changes: [changes()], steps: [], idle: idle(0.4), ...more });

    test("passes if nobody failed and the idle sidecar keeps to its target", () => {
        expect(result(measured(), whole)).toMatchObject({ passed: true, partial: false, head: changesHead });
        expect(result(measured({ idle: idle(0.5) }), whole).passed).toBe(false);
        expect(result(measured({ idle: { ...idle(0.5), startInterval: false } }), whole).passed).toBe(true);
        expect(result(measured({ idle: { ...idle(1.5), startInterval: false } }), whole).passed).toBe(false);
        expect(result(measured({ changes: [changes({ failed: 1 })] }), whole).passed).toBe(false);
    });

    test.each<[string, Partial<Size>]>([
        ["fewer changes", { times: 2 }],
        ["fewer runs", { runs: 1 }],
        ["a shorter look", { seconds: 10 }],
        ["some parts", { only: ["idle"] }],
    ])("is not kept with %s", (_, size) => {
        expect(result(measured(), { ...whole, ...size }).partial).toBe(true);
    });

    test("has all its tables in the docs", () => {
        const last = { ...result(measured(), whole), at: "2026-01-01T00:00:00Z", seconds: 60, machine: "m", commit: "c" };
        const text = page([{ name: "changes", proves: "p" }], { changes: last });
        expect(text).toContain("| a reload | 2 |");
        expect(text).toContain("\n\n| container, without clients | CPU, of one core | memory |\n| --- | --- | --- |\n| pgbouncer |");
    });

    test("takes parts by their names", () => {
        expect(chosenParts("rolls,idle")).toEqual(["rolls", "idle"]);
        expect(chosenParts(undefined)).toEqual(parts);
        expect(() => chosenParts("rolls,nonsense")).toThrow("no part nonsense; its parts are nothing, reloads");
    });
});
