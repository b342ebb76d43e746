import * as fs from "fs";
import { inLab, project } from "../../lab/paths";
import { attempt } from "../../lab/run";
import { Proof, textOption } from "./proof";

interface Report {
    testResults: { name: string; startTime: number; endTime: number; assertionResults: { status: string; fullName: string }[] }[];
}

/** A proof that is the test files of a folder below test/proof: too long for `npm test`. */
function testsProof(name: string, proves: string): Proof {
    return {
        name,
        proves,
        options: [textOption("file", "only the test files whose path contains this")],
        run: async (args) => {
            const file = args.text("file");
            const results = inLab(`${name}.json`);
            fs.rmSync(results, { force: true });
            const jest = ["--no-install", "jest", "--selectProjects", "proof", "--runInBand", "--json", "--outputFile", results];
            await attempt("npx", [...jest, "--", `test/proof/${name}/.*${file ?? ""}`], { cwd: project, show: true, log: name });
            const { testResults } = JSON.parse(fs.readFileSync(results, "utf8")) as Report;
            const of = (one: Report["testResults"][number], status: string) =>
                one.assertionResults.filter((each) => each.status === status).map(({ fullName }) => fullName);
            const failed = testResults.flatMap((one) => of(one, "failed"));
            const passed = testResults.flatMap((one) => of(one, "passed"));
            return {
                passed:
                    failed.length === 0 && passed.length > 0 && testResults.every(({ assertionResults }) => assertionResults.length > 0),
                partial: file !== undefined,
                summary: `${passed.length} passed, ${failed.length} failed${failed.length > 0 ? `: ${failed.join("; ")}` : ""}.`,
                head: ["tests", "passed", "failed", "min"],
                rows: testResults.map((one) => [
                    one.name.replace(/^.*\/test\//, "test/"),
                    String(of(one, "passed").length),
                    String(of(one, "failed").length),
                    ((one.endTime - one.startTime) / 60_000).toFixed(1),
                ]),
            };
        },
    };
}

/** The refusals of database and Docker host, each played with the fix that it prints. */
export const fixesProof = testsProof(
    "fixes",
    "each refusal that is played here is gone after the fix that it prints, and no setting that can't work fails a login",
);

/** Faults and changes of names that are rare. */
export const rareProof = testsProof("rare", "rare faults and changes of names end as docs/FAULTS.md and CHANGELOG.md say");

/** pgAdmin in a browser over changed settings. */
export const tabsProof = testsProof("tabs", "30 pgAdmin tabs in a browser keep their sessions over ten changed settings");
