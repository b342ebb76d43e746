import { spawnSync } from "child_process";
import * as fs from "fs";
import * as os from "os";
import * as path from "path";

const root = path.join(__dirname, "../..");
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
            testResults: suites.map(({ status, tests }, at) => ({
                name: path.join(root, `test/${at}.test.ts`),
                message: "can't be loaded",
                status,
                assertionResults: tests.map((one, n) => ({
                    status: one,
                    fullName: `it does ${n}`,
                    failureMessages: ["\u001b[31mwrong\u001b[39m\n\nat a line"],
                })),
            })),
        }),
    );
    return file;
}

function summary(...args: string[]) {
    const { stdout, status } = spawnSync(process.execPath, [path.join(root, "test/summary.js"), ...args], { encoding: "utf8" });
    return { lines: stdout.trim().split("\n"), status };
}

const good = results("good.json", { status: "passed", tests: ["passed", "passed", "pending"] });
const bad = results("bad.json", { status: "failed", tests: ["passed", "failed"] });
const broken = results("broken.json", { status: "failed", tests: [] });
const missing = path.join(folder, "missing.json");
const none = results("none.json", { status: "passed", tests: ["pending"] });

test.each<[string, string[], string[], number]>([
    ["two runs and the checks", [good, good, "--", "types=0", "lint=0"], ["6 passed, 0 failed"], 0],
    ["a failed test", [good, bad], ["failed: test/0.test.ts: it does 1", "    wrong", "    at a line", "3 passed, 1 failed"], 1],
    ["a check that failed", [good, "--", "types=0", "lint=2"], ["failed: lint", "3 passed, 1 failed"], 1],
    ["a suite that broke outside its tests", [good, broken], ["failed: test/0.test.ts: can't be loaded", "2 passed, 1 failed"], 1],
    ["a run that left no results", [good, missing], [`failed: ${missing} was not written`, "2 passed, 1 failed"], 1],
    ["no test at all", [none], ["0 passed, 0 failed"], 1],
])("%s are added up, and what failed is named", (_, args, lines, status) => expect(summary(...args)).toEqual({ lines, status }));
