// Adds up jest's JSON results and the exit codes of other checks, and prints `N passed, N failed`: summary.js FILE… -- CODE…
const fs = require("fs");

const args = process.argv.slice(2);
const end = args.indexOf("--");
const files = end < 0 ? args : args.slice(0, end);
const codes = end < 0 ? [] : args.slice(end + 1);

let passed = codes.filter((code) => code === "0").length;
let failed = codes.length - passed;
for (const file of files) {
    // Without results, jest itself has failed.
    const jest = fs.existsSync(file)
        ? JSON.parse(fs.readFileSync(file, "utf8"))
        : { numPassedTests: 0, numFailedTests: 1, testResults: [] };
    // A suite that broke outside its tests counts as one failure.
    const broken = jest.testResults.filter(
        (suite) => suite.status === "failed" && !suite.assertionResults.some((test) => test.status === "failed"),
    );
    passed += jest.numPassedTests;
    failed += jest.numFailedTests + broken.length;
}
console.log(`${passed} passed, ${failed} failed`);
if (passed + failed === 0) console.error("no test matches");
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
