// Adds up jest's JSON results and the exit codes of other checks, says what failed and why, and prints `N passed, N failed`:
// summary.js FILE… -- NAME=CODE…
const fs = require("fs");
const path = require("path");

const root = path.join(__dirname, "..");
const args = process.argv.slice(2);
const end = args.indexOf("--");
const files = end < 0 ? args : args.slice(0, end);
const checks = end < 0 ? [] : args.slice(end + 1).map((check) => check.split("="));

const escapes = new RegExp("\\u001b\\[[\\d;]*m", "g"); // jest's colours

/** The first lines of why a test failed: what is read of a long run is often its end alone. */
function indented(message) {
    const lines = message
        .replace(escapes, "")
        .split("\n")
        .filter((line) => line.trim() !== "");
    return lines
        .slice(0, 20)
        .map((line) => `    ${line}`)
        .join("\n");
}

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
            if (test.status === "failed") {
                console.log(`failed: ${path.relative(root, name)}: ${test.fullName}`);
                console.log(indented(test.failureMessages.join("\n")));
            }
    for (const { name, message } of broken) console.log(`failed: ${path.relative(root, name)}: ${message}`);
    passed += jest.numPassedTests;
    failed += jest.numFailedTests + broken.length;
}
console.log(`${passed} passed, ${failed} failed`);
if (passed + failed === 0) console.error("no test matches");
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
