import { spawnSync } from "child_process";
import * as fs from "fs";
import * as os from "os";
import * as path from "path";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "summary-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** A file of jest's results: one suite for each list of its tests' statuses. */
function results(name: string, ...suites: { status: string; tests: string[] }[]): string {
    const all = suites.flatMap(({ tests }) => tests);
    const count = (status: string) => all.filter((one) => one === status).length;
    const file = path.join(folder, name);
    fs.writeFileSync(
        file,
        JSON.stringify({
            numPassedTests: count("passed"),
            numFailedTests: count("failed"),
            testResults: suites.map(({ status, tests }) => ({ status, assertionResults: tests.map((one) => ({ status: one })) })),
        }),
    );
    return file;
}

function summary(...args: string[]) {
    const { stdout, status } = spawnSync(process.execPath, [path.join(__dirname, "../summary.js"), ...args], { encoding: "utf8" });
    return { line: stdout.trim(), status };
}

const good = results("good.json", { status: "passed", tests: ["passed", "passed", "pending"] });
const bad = results("bad.json", { status: "failed", tests: ["passed", "failed"] });
const broken = results("broken.json", { status: "failed", tests: [] });
const none = results("none.json", { status: "passed", tests: ["pending"] });

test.each<[string, string[], string, number]>([
    ["two runs and the checks", [good, good, "--", "0", "0"], "6 passed, 0 failed", 0],
    ["a failed test", [good, bad], "3 passed, 1 failed", 1],
    ["a check that failed", [good, "--", "0", "2"], "3 passed, 1 failed", 1],
    ["a suite that broke outside its tests", [good, broken], "2 passed, 1 failed", 1],
    ["a run that left no results", [good, path.join(folder, "missing.json")], "2 passed, 1 failed", 1],
    ["no test at all", [none], "0 passed, 0 failed", 1],
])("%s are added up", (_, args, line, status) => expect(summary(...args)).toEqual({ line, status }));
