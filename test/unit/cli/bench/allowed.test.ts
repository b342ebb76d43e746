import { UserError } from "../../../../findings/errors";
import { room, roomFor } from "../../../../cli/bench/allowed";
import { rates } from "../../../../cli/bench/latency";
import { loads, scaleFor } from "../../../../cli/bench/throughput";
import { withoutPooler } from "../verify/withoutpooler";

describe("the connections that bench may take", () => {
    const headroom = { maxConnections: 100, reserved: 3, used: 10, pooled: 2 };

    test("leave some to others", () => expect(room(headroom, 18)).toBe(66));

    test("can't be known of a stack whose pooler does not run, which is said in a line", async () => {
        const thrown = await withoutPooler((target) => roomFor(target).catch((cause: Error) => cause));
        expect(thrown).toBeInstanceOf(UserError);
        expect((thrown as Error).message).toMatch(/^the pooler pgbouncer-1 is not running\nFix: /);
    });

    test("have to be enough for one pooler", () => {
        expect(room({ ...headroom, used: 56 }, 18)).toBe(20);
        expect(() => room({ ...headroom, used: 57 }, 18)).toThrow(
            "a pooler of bench may open 20 backends, the stack's own 16 more, and 5 connections have to stay free, but the database has 40 left",
        );
    });
});

test("protocols and scripts are compared with 30 clients, or else with the last number that is given", () => {
    expect(loads([1, 30, 200]).filter(({ script }) => script === "tpcb").map(({ clients }) => clients)).toEqual([30, 30, 30]); // prettier-ignore
    expect(loads([1, 10]).filter(({ protocol }) => protocol === "prepared").map(({ clients }) => clients)).toEqual([10, 10]); // prettier-ignore
});

test("there are rows for each client that writes, within bounds, and few if none writes", () => {
    const scale = (clients: number[], parts = ["throughput", "latency"], saturate = true) => scaleFor({ parts, saturate, clients });
    expect(scale([1, 30, 200])).toBe(30);
    expect(scale([1, 10])).toBe(10);
    expect(scale([1000])).toBe(100);
    expect(scale([1000], ["latency", "memory"])).toBe(1);
    expect(scale([1000], undefined, false)).toBe(1);
});

test("rates are fixed, and parts of what the slowest compared way can do", () => {
    const one = (way: string, tps: number) => ({ way, round: 1, script: "select", protocol: "simple", clients: 30, tps }) as const;
    expect(rates([one("direct", 9000), one("strict", 4000), one("tls-clients", 100)], [200])).toEqual([
        { rate: 200 },
        { rate: 1000, percent: 25 },
        { rate: 2000, percent: 50 },
        { rate: 3000, percent: 75 },
    ]);
    expect(rates([], [200])).toEqual([{ rate: 200 }]);
});
