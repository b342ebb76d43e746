import { spawnSync } from "child_process";
import { project } from "../../../lab/paths";

/** Runs main with a command whose work is `work`. */
function run(work: string) {
    const program = `
const run = async () => { ${work} };
require.cache[require.resolve("./cli/command")] = { loaded: true, exports: { Misused: class {}, understand: () => ({ command: { name: "x", run } }) } };
require.cache[require.resolve("./cli/program")] = { loaded: true, exports: {} };
require("./cli/main");
`;
    return spawnSync("node", ["--require", "ts-node/register/transpile-only", "-e", program], { cwd: project, encoding: "utf8" });
}

test.each([
    ["is its result", "return 0;", 0, ""],
    ["is its result, also if it failed", "return 3;", 3, ""],
    ["is a failure if it never ends", "await new Promise(() => undefined);", 1, "sidecar: this command ended before its work was done"],
])("the exit code of a command %s", (_, work, code, said) => {
    const { status, stderr } = run(work);
    expect(status).toBe(code);
    expect(said === "" ? stderr : stderr.slice(0, said.length)).toBe(said);
});
