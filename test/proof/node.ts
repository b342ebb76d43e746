import * as fs from "fs";
import { inLab } from "../../lab/paths";
import { attempt, Ran, run } from "../../lab/run";
import { Report } from "../../cli/verify/check";
import { changing, sidecar } from "../e2e/support/stack";
import { Arguments, Proof, Result, textOption } from "./proof";
import { judge } from "./versions";

/** The oldest that `engines` allows, and the even ones since. */
export const majors = ["20", "22", "24"];

/** What one version came to; an error's text is in the place of what failed, and nothing after it. */
interface Seen {
    version: string;
    cells: string[];
    failed: boolean;
}

const head = ["Node", "unit tests", "up and preview", "verify"];

/** A version's line of the table. */
export const line = ({ version, cells }: Seen): string[] => [version, ...cells, ...head.slice(1).map(() => "–")].slice(0, head.length);

function succeeded({ code, stdout, stderr }: Ran): string {
    if (code !== 0) throw new Error(`exit code ${code}: ${(stdout + stderr).trim().split("\n").slice(-8).join("\n")}`);
    return stdout + stderr;
}

/** Brings a version of Node by npm's package `node`, and returns the folder of its program. */
async function install(major: string): Promise<string> {
    const folder = inLab("node", major);
    fs.mkdirSync(folder, { recursive: true });
    await run("npm", ["install", "--prefix", folder, "--no-audit", "--no-fund", "--no-save", `node@${major}`], { log: `node-${major}` });
    return `${folder}/node_modules/node/bin`;
}

/** Runs unit tests, an `up` that comes to rest, and `verify` under one version, by its name on PATH. */
async function one(major: string): Promise<Seen> {
    const seen: Seen = { version: major, cells: [], failed: false };
    try {
        const { env: lab } = await sidecar();
        const env = { ...lab, PATH: `${await install(major)}:${lab.PATH ?? process.env.PATH}` };
        seen.version = (await run("node", ["--version"], { env })).trim().replace(/^v/, "");
        if (seen.version.split(".")[0] !== major) throw new Error(`the program is Node ${seen.version}`);
        const unit = succeeded(await attempt("npx", ["--no-install", "jest", "--selectProjects", "unit", "--maxWorkers=2", "--cacheDirectory", inLab("node", major, "jest")], { env, log: `node-${major}-unit` })); // prettier-ignore
        seen.cells.push(/^Tests: +(.*), \d+ total/m.exec(unit)?.[1] ?? "no summary");
        for (const args of [
            ["up", ...changing],
            ["preview", "--expect-no-changes"],
        ]) {
            succeeded(
                await attempt("pulumi", [...args, "--color", "never", "--non-interactive"], { env, log: `node-${major}-${args[0]}` }),
            );
        }
        seen.cells.push("unchanged afterwards");
        const verified = await attempt("./sidecar", ["verify", "--stack", "local", "--json"], { env, log: `node-${major}-verify` });
        if (!verified.stdout.trimStart().startsWith("{")) succeeded({ ...verified, code: verified.code || 1 });
        seen.cells.push(judge((JSON.parse(verified.stdout) as { checks: Report[] }).checks, ["ok", "warning", "skipped"]));
    } catch (cause) {
        seen.cells.push(`**failed**: ${(cause as Error).message}`);
        seen.failed = true;
    }
    return seen;
}

async function all(args: Arguments): Promise<Result> {
    const wanted = args.text("version");
    const seen: Seen[] = [];
    for (const major of wanted ? [wanted] : majors) seen.push(await one(major));
    const failed = seen.filter((each) => each.failed).map(({ version }) => version);
    return {
        passed: failed.length === 0,
        partial: wanted !== undefined,
        summary: `On each version the unit tests, an \`up\` of the lab's stack with a preview after it, and all of \`verify\`.${failed.length > 0 ? ` Failed on ${failed.join(", ")}.` : ""}`,
        head,
        rows: seen.map(line),
    };
}

export const nodeProof: Proof = {
    name: "node",
    proves: "the unit tests, an up and verify pass on every even version of Node from 20 to 24",
    options: [textOption("version", "run on this major version only: 20, 22 or 24")],
    run: all,
};
