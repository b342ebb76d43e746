import {
    clientsProblem,
    headroomProblem,
    judgeDirect,
    judgeLimits,
    judgePipeline,
    judgeStress,
    noClients,
} from "../../../../../cli/verify/checks/load";
import { askConsoles } from "../../../../../cli/verify/console";
import { Headroom } from "../../../../../cli/verify/headroom";
import { StressFacts } from "../../../../../cli/verify/stress";
import { Target } from "../../../../../cli/verify/target";
import { facts as consoleFacts } from "../console";
import { seen } from "../seen";
import { facts, full } from "../stress";

jest.mock("../../../../../cli/verify/console", () => ({
    ...jest.requireActual<object>("../../../../../cli/verify/console"),
    askConsoles: jest.fn(),
}));

describe("the load", () => {
    const room: Headroom = { maxConnections: 100, reserved: 3, used: 70, pooled: 2 };

    test("is refused if the pool's growth and the margin don't fit", () => {
        expect(headroomProblem(room, 18)).toBeUndefined(); // 27 left, 16 + 5 needed
        expect(headroomProblem({ ...room, used: 76 }, 18)).toBeUndefined();
        expect(headroomProblem({ ...room, used: 77 }, 18)).toContain("20 are left: max_connections 100, less 3 reserved and 77 in use");
        expect(headroomProblem({ ...room, used: 92, pooled: 18 }, 18)).toBeUndefined(); // a full pool grows no more
    });

    test("is refused if it would take the last slots for clients, in any process", () => {
        const target = { stack: "s", upCommand: "pulumi up --stack s" };
        const process = (used: number, most = 200) => ({
            ...consoleFacts,
            config: { max_client_conn: String(most) },
            lists: { used_clients: used },
        });
        const judge = (...processes: (typeof consoleFacts)[]) => clientsProblem(processes, target);
        expect(judge(consoleFacts)).toBeUndefined();
        expect(judge(process(160))).toBeUndefined(); // 40 left
        expect(seen(judge(process(161))!)).toBe(
            "warning: not run: the stress needs 30 client slots, and 10 have to stay free, but 39 of 200 (maxClientConn) are left " +
                "pulumi config set --stack s maxClientConn 201; pulumi up --stack s",
        );
        expect(seen(judge(process(5), process(201))!)).toMatch(
            /30 client slots in each process, .*, but 0 of 200 \(maxClientConn\) are left .* maxClientConn 241;/,
        );
        expect(seen(judge(process(1, 39))!)).toMatch(
            /but maxClientConn is 39: too low for it even without other clients .* maxClientConn 41;/,
        );
    });

    test("is refused, and direct connections are still watched, if the console does not answer", async () => {
        jest.mocked(askConsoles).mockRejectedValue(new Error("the admin console: timeout expired"));
        const target = { deployed: { poolSuperusers: true } } as Target;
        expect(seen((await noClients(target))!)).toBe("failed: not run: the admin console: timeout expired ");
    });

    const changed = (more: Partial<StressFacts>): StressFacts => ({ ...full, ...more });

    const seeable = { most: 18, unseeable: false };

    test("passes within one pooler's backends, and shows a chart", () => {
        expect(seen(judgeStress(full, seeable))).toMatch(/^ok: 30 clients, 1200 queries, at most 18 backends of 18/);
        expect(judgeStress(full, seeable).chart!.join("\n")).toContain("18 at most");
    });

    test.each<[string, Partial<StressFacts>, string]>([
        ["too many backends", { backends: [{ at: 1, value: 19 }] }, "more backends than one pooler may hold"],
        ["a failed query", { failures: ["1 × ERROR:  no"] }, "1 × ERROR:  no"],
        ["a client that stopped", { finished: 29 }, "1 of 30 clients"],
        ["backends that nobody sees", { backends: [{ at: 1, value: 0 }] }, "pg_read_all_stats"],
        ["a watch that saw nothing", { backends: [] }, "no sample was taken"],
        ["a watch that ended", { watchError: "FATAL: no" }, "the watch ended early: FATAL: no"],
    ])("%s fails", (_, more, said) => {
        const outcome = judgeStress(changed(more), seeable);
        expect(outcome.result).toBe("failed");
        expect(outcome.saw).toContain(said);
    });

    test("a watch that saw little is a warning", () => {
        expect(seen(judgeStress(changed({ backends: full.backends.slice(0, 15) }), seeable))).toMatch(
            /^warning: .*\(10 samples\); too few samples to judge by: 80 are usual/,
        );
    });

    test("backends that nobody can see are a warning if all queries came back", () => {
        const none = { backends: full.backends.map(({ at }) => ({ at, value: 0 })) };
        expect(seen(judgeStress(changed(none), { most: 18, unseeable: true }))).toMatch(/^warning: 30 clients, .*outside this Docker host/);
        expect(judgeStress(changed({ ...none, finished: 29 }), { most: 18, unseeable: true }).result).toBe("failed");
    });

    test("direct connections are reported with their median", () => {
        expect(seen(judgeDirect(full, true))).toMatch(/^ok: 12 before, median 12 ms; 4 during, median 20 ms $/);
        expect(judgeDirect(changed({ watchError: "FATAL:  too many clients" }), true).result).toBe("failed");
        const before = changed({ connections: full.connections.slice(0, 12) });
        expect(seen(judgeDirect(before, true))).toMatch(/^failed: .*; 0 during the stress/);
        expect(seen(judgeDirect(before, false))).toMatch(/^ok: .*there was no stress/);
        expect(seen(judgeDirect(changed({ connections: [] }), false))).toMatch(/^failed: no direct connection/);
        const few = changed({ connections: full.connections.slice(0, 1) });
        expect(seen(judgeDirect(few, false))).toMatch(/^warning: 1 before, .*, too few to judge by: 8 are usual/);
    });

    test("a direct connection that is slow during the stress is a warning", () => {
        const slowest = (ms: number) => changed({ connections: [...full.connections, { phase: "during", ms, inserted: 1 }] });
        expect(judgeDirect(slowest(1000), true).result).toBe("ok");
        expect(seen(judgeDirect(slowest(1001), true))).toMatch(/^warning: .* but the slowest took 1001 ms/);
    });

    test("the pipeline has to continue if it wrote before", () => {
        const counts = (...inserted: (number | null)[]) => ({
            ...facts,
            connections: facts.connections.map((one, at) => ({ ...one, inserted: inserted[at]! })),
        });
        expect(judgePipeline(counts(100, 110, 121, 150, 160), "a.b").result).toBe("ok");
        expect(judgePipeline(counts(100, 110, 121, 121, 121), "a.b").result).toBe("failed");
        expect(judgePipeline(counts(100, 110, 121, 122, 123), "a.b").result).toBe("warning");
        expect(judgePipeline(counts(100, 100, 100, 100, 100), "a.b").saw).toContain("grew 0 times");
        expect(judgePipeline(counts(null, null, null, null, null), "a.b").saw).toContain("no table a.b");
        expect(judgePipeline(counts(100, 110, 121, 90, 160), "a.b").result).toBe("ok"); // a chunk was dropped
    });

    test("pools are counted over their users", () => {
        expect(seen(judgeLimits([consoleFacts], ["tracksolid_db"], 16, 18))).toMatch(/^ok: tracksolid_db 16 of 16; in all 16 of 18/);
        expect(seen(judgeLimits([consoleFacts, consoleFacts], ["tracksolid_db"], 32, 36))).toMatch(/^ok: tracksolid_db 32 of 32/);
        expect(judgeLimits([consoleFacts], ["tracksolid_db"], 15, 18).result).toBe("failed");
        expect(judgeLimits([consoleFacts], ["tracksolid_db"], 16, 15).result).toBe("failed");
    });
});
