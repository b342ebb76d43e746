import { spawnSync } from "child_process";
import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { Misused, understand } from "../../../cli/command";
import { program } from "../../../cli/program";
import { pulumiFlags, pulumiOptions } from "../../../cli/pulumiflags";

const root = path.join(__dirname, "../../..");

test.each<[string[], object]>([
    [["rotate", "--stack", "prod", "--yes"], { stack: "prod", yes: true }],
    [["rotate", "-s", "prod"], { stack: "prod" }],
    [["rotate"], {}],
    [["down", "--volumes"], { volumes: true }],
])("%j is read whole", (args, options) => expect(understand(program, args)).toMatchObject({ command: { name: args[0] }, options }));

test.each([
    [["rotate", "--stack", "prod", "-h"]],
    [["rotate", "--help"]],
    [["--help"]],
    [["help", "rotate"]],
    [["rotate", "--help", "--nonsense"]],
])("%j is a question for help", (args) => {
    const shown = jest.spyOn(process.stdout, "write").mockImplementation(() => true);
    try {
        expect(understand(program, args)).toBeUndefined();
        expect(String(shown.mock.calls[0]![0])).toMatch(/^Usage: \.\/sidecar/);
    } finally {
        shown.mockRestore();
    }
});

test.each([
    [["rotate", "--nonsense"]],
    [["rotate", "prod"]],
    [["rotate", "--", "--yes"]],
    [["rotate", "--stack"]],
    [["rotate", "--yes=no"]],
    [["rotate", "--color", "sometimes"]],
    [["rotat"]],
    [["tunnel", "--stack", "prod"]],
    [["pause", "--stack", "prod"]],
    [["pause", "--transactions", "0", "--", "true"]],
    [["pause", "--at-most", "1.5", "--", "true"]],
])("%j is not understood", (args) => expect(() => understand(program, args)).toThrow(Misused));

test.each([
    [["rotat"], "Did you mean rotate?"],
    [["rotate", "--refrsh"], "Did you mean --refresh?"],
])("%j gets the closest guess", (args, guess) => expect(() => understand(program, args)).toThrow(guess));

test.each([
    [["tunnel", "-s", "a", "--", "psql", "-h", "x", "--help"], { stack: "a" }, ["psql", "-h", "x", "--help"]],
    [
        ["pause", "--at-most", "30", "--", "sh", "-c", "x", "--transactions", "9"],
        { transactions: 10, atMost: 30 },
        ["sh", "-c", "x", "--transactions", "9"],
    ],
    [["tunnel", "pulumi", "up", "--stack", "b", "--yes"], {}, ["pulumi", "up", "--stack", "b", "--yes"]],
    [["proof", "fuzz", "--help"], {}, ["fuzz", "--help"]],
])("%j leaves the command's own options alone", (args, options, operands) => {
    expect(understand(program, args)).toMatchObject({ options, operands });
});

test("pulumi's own flags are passed on as they were given", () => {
    const args = "rotate -s prod -y --non-interactive --color never -m why --refresh".split(" ");
    const { command, options } = understand(program, args)!;
    expect(pulumiFlags(command.options, { ...options, stack: undefined }).sort()).toEqual(
        ["--color=never", "--message=why", "--non-interactive", "--refresh", "--yes"],
    ); // prettier-ignore
    expect(pulumiFlags(pulumiOptions(), {})).toEqual([]);
});

test("the commands are loaded without what they do", () => {
    const load = `require("./cli/program"); console.log(Object.keys(require.cache).join("\\n"))`;
    const { stdout } = spawnSync("node", ["--require", "ts-node/register/transpile-only", "-e", load], { cwd: root, encoding: "utf8" });
    const ours = stdout.split("\n").filter((file) => file.startsWith(root) && !file.includes("node_modules"));
    expect(ours).toContain(path.join(root, "cli/rotate/command.ts"));
    expect(ours.filter((file) => !/\/cli\/((.*\/)?command|program|lab|proof|pulumiflags)\.ts$/.test(file))).toEqual([]);
});

describe.each(["rotate", "adopt", "verify", "tunnel", "pause", "up", "preview", "down", "env"])("%s", (command) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "sidecar-commandline-"));
    const called = path.join(folder, "called");
    // Stand in for the programs, so that any call of them would show.
    for (const name of ["pulumi", "docker", "ssh"]) {
        fs.writeFileSync(path.join(folder, name), `#!/bin/sh\necho "$@" >> ${called}\nexit 1\n`, { mode: 0o755 });
    }
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
        const ran = spawnSync(path.join(root, "sidecar"), [command, arg], { env, encoding: "utf8", cwd: os.tmpdir() });
        expect(ran.status).toBe(code);
        expect(code === 0 ? ran.stdout : ran.stderr).toContain(`Usage: ./sidecar ${command}`);
        if (code !== 0) expect(ran.stderr).toContain(arg);
        expect(fs.existsSync(called)).toBe(false);
        expect(settingsFiles()).toEqual(before);
    });
});
