import { spawnSync } from "child_process";
import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { Misused, readOptions } from "../../../cli/commandline";

const root = path.join(__dirname, "../../..");
const options = { stack: { type: "string", short: "s" }, yes: { type: "boolean" } } as const;

test.each<[string[], object | "help"]>([
    [["--stack", "prod", "--yes"], { stack: "prod", yes: true }],
    [["-s", "prod"], { stack: "prod" }],
    [[], {}],
    [["--stack", "prod", "-h"], "help"],
    [["--help"], "help"],
])("%j is read whole", (args, read) => expect(readOptions({ options }, args)).toEqual(read));

test.each([[["--nonsense"]], [["prod"]], [["--", "--yes"]], [["--stack"]], [["--yes=no"]], [["--help", "--nonsense"]]])(
    "%j is not understood",
    (args) => expect(() => readOptions({ options }, args)).toThrow(Misused),
);

describe.each(["rotate", "adopt", "verify", "tunnel"])("%s", (command) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "sidecar-commandline-"));
    const called = path.join(folder, "called");
    // Stands in for the CLI, so that any call of it would show.
    fs.writeFileSync(path.join(folder, "pulumi"), `#!/bin/sh\necho "$@" >> ${called}\nexit 1\n`, { mode: 0o755 });
    afterAll(() => fs.rmSync(folder, { recursive: true }));

    const settingsFiles = () =>
        fs
            .readdirSync(root)
            .filter((name) => /^Pulumi.*\.yaml$/.test(name))
            .map((name) => [name, fs.readFileSync(path.join(root, name), "utf8")]);

    test.each([
        ["--help", 0],
        ["--nonsense", 2],
    ])("%s does nothing, and exits with %i", (arg, code) => {
        const before = settingsFiles();
        const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
        const ran = spawnSync(path.join(root, command, command), [arg], { env, encoding: "utf8" });
        expect(ran.status).toBe(code);
        expect(code === 0 ? ran.stdout : ran.stderr).toContain(`npm run ${command} -- `);
        if (code !== 0) expect(ran.stderr).toContain(arg);
        expect(fs.existsSync(called)).toBe(false);
        expect(settingsFiles()).toEqual(before);
    });
});
