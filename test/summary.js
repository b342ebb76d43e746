// Adds up jest's JSON results and the exit codes of other checks, names what failed, and prints `N passed, N failed`:
// summary.js FILE… -- NAME=CODE…
const fs = require("fs");
const path = require("path");

const root = path.join(__dirname, "..");
const args = process.argv.slice(2);
const end = args.indexOf("--");
const files = end < 0 ? args : args.slice(0, end);
const checks = end < 0 ? [] : args.slice(end + 1).map((check) => check.split("="));

let passed = checks.filter(([, code]) => code === "0").length;
let failed = checks.length - passed;
for (const [name, code] of checks) if (code !== "0") console.log(`failed: ${name}`);
for (const file of files) {
    // Without results, jest itself has failed.
    const written = fs.existsSync(file);
    if (!written) console.log(`failed: ${file} was not written`);
    const jest = written ? JSON.parse(fs.readFileSync(file, "utf8")) : { numPassedTests: 0, numFailedTests: 1, testResults: [] };
    // A suite that broke outside its tests counts as one failure.
    const broken = jest.testResults.filter(
        (suite) => suite.status === "failed" && !suite.assertionResults.some((test) => test.status === "failed"),
    );
    for (const { name, assertionResults } of jest.testResults)
        for (const test of assertionResults)
            if (test.status === "failed") console.log(`failed: ${path.relative(root, name)}: ${test.fullName}`);
    for (const { name, message } of broken) console.log(`failed: ${path.relative(root, name)}: ${message}`);
    passed += jest.numPassedTests;
    failed += jest.numFailedTests + broken.length;
}
console.log(`${passed} passed, ${failed} failed`);
if (passed + failed === 0) console.error("no test matches");
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
