import { spawnSync } from "child_process";
import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { parsePercentiles, parseReport, pgbenchArgs } from "../../../../cli/bench/pgbench";

const report = `transaction type: <builtin: select only>
scaling factor: 10
number of clients: 30
number of transactions actually processed: 13690
number of failed transactions: 0 (0.000%)
latency average = 2.190 ms
initial connection time = 91.221 ms
tps = 13701.500000 (without initial connection time)
`;
const report13 = `number of transactions actually processed: 500
latency average = 4.000 ms
tps = 240.000000 (including connections establishing)
tps = 250.000000 (excluding connections establishing)
`;
const reconnected = `number of transactions actually processed: 730
latency average = 27.1 ms
average connection time = 13.2 ms
tps = 73.500000 (including reconnection times)
`;

describe("a report of pgbench", () => {
    test.each([
        ["17", report, { transactions: 13690, tps: 13701.5 }],
        ["13", report13, { transactions: 500, tps: 250 }],
    ])("of version %s is read", (_, stdout, ran) => expect(parseReport({ code: 0, stdout, stderr: "" })).toEqual(ran));

    test.each([
        ["17", reconnected, 73.5],
        ["13", report13, 240],
    ])("of version %s with --connect has the time of the connections in it", (_, stdout, tps) => {
        expect(parseReport({ code: 0, stdout, stderr: "" }, { reconnect: true }).tps).toBe(tps);
    });

    test("a client that fails is its words", () => {
        const stderr = "pgbench: error: connection to server failed: FATAL:  sorry, too many clients already\n";
        expect(() => parseReport({ code: 2, stdout: report, stderr })).toThrow("sorry, too many clients already");
        expect(() => parseReport({ code: 0, stdout: report, stderr: "pgbench: error: client 3 aborted in command 0" })).toThrow("client 3");
    });

    test("no transaction at all is a failure, and so is a report that is cut off", () => {
        const none = report.replace("13690", "0").replace(/^latency.*\n/m, "");
        expect(() => parseReport({ code: 0, stdout: none, stderr: "" })).toThrow("no transaction ended in time");
        expect(() => parseReport({ code: 124, stdout: "", stderr: "" })).toThrow("pgbench ended with 124");
        expect(() => parseReport({ code: 0, stdout: report.replace(/^tps.*\n/m, ""), stderr: "" })).toThrow("pgbench ended with 0");
    });
});

test("pgbench has a thread for each core, and one for each client where a thread would wait for itself", () => {
    const load = { script: "select", protocol: "prepared", clients: 30, seconds: 5 } as const;
    expect(pgbenchArgs(load, 2)).toEqual(expect.arrayContaining(["--jobs=2", "--builtin=select-only", "--time=5"]));
    expect(pgbenchArgs({ ...load, clients: 1 }, 2)).toContain("--jobs=1");
    expect(pgbenchArgs({ ...load, script: "tpcb" }, 2)).toContain("--jobs=30");
    expect(pgbenchArgs({ ...load, rate: 200, reconnect: true }, 2)).toEqual(expect.arrayContaining(["--rate=200", "--connect"]));
});

describe("percentiles.sh", () => {
    const script = path.join(__dirname, "../../../../cli/bench/percentiles.sh");
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "bench-"));
    afterAll(() => fs.rmSync(folder, { recursive: true }));

    test("reads all threads' logs by their third column without each client's first three, and removes them", () => {
        const lines = (client: number, took: number[]) => took.map((us, at) => `${client} ${at} ${us} 0 1790000000 5 ${us - 1}\n`).join("");
        const all = Array.from({ length: 1000 }, (_, at) => at + 1).reverse();
        const first = [90_000, 80_000, 70_000]; // of a new backend
        fs.writeFileSync(path.join(folder, "log.7"), lines(0, [...first, ...all.slice(0, 500)]));
        fs.writeFileSync(path.join(folder, "log.7.1"), lines(1, [...first, ...all.slice(500)]));
        const { stdout, status } = spawnSync("sh", [script, path.join(folder, "log")], { encoding: "utf8" });
        expect(status).toBe(0);
        expect(parsePercentiles(stdout)).toEqual({ p50: 0.5, p90: 0.9, p99: 0.99, "p99.9": 0.999, max: 1 });
        expect(fs.readdirSync(folder)).toEqual([]);
    });

    test("an empty log is a failure", () => {
        fs.writeFileSync(path.join(folder, "log.7"), "");
        expect(spawnSync("sh", [script, path.join(folder, "log")]).status).toBe(1);
        expect(() => parsePercentiles("")).toThrow("pgbench's log has no p50");
    });
});
