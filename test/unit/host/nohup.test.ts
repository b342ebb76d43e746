import { spawn, spawnSync } from "child_process";
import * as fs from "fs";
import * as os from "os";
import * as path from "path";

const root = path.join(__dirname, "../../..");
let folder: string;
beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "nohup-"))));
afterEach(() => fs.rmSync(folder, { recursive: true }));

const executable = (name: string, script: string) => fs.writeFileSync(path.join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
const env = (more: NodeJS.ProcessEnv) => ({ ...process.env, PATH: `${folder}:${process.env.PATH}`, ...more });

/** Has a shell wait until `hungUp` has sent its signal, and at most until the test is over. */
const untilSent = 'until [ -e "$READY.sent" ]; do [ -d "${READY%/*}" ] && [ $((n += 1)) -lt 300 ] || exit 8; sleep 0.1; done';

/** Runs a program in a process group of its own, hangs up on it once it says that it is ready, and returns its exit code. */
function hungUp(args: string[], nohup: string, whom: "group" | "process"): Promise<number | NodeJS.Signals> {
    return new Promise((resolve) => {
        const child = spawn(process.execPath, ["--require", "ts-node/register/transpile-only", ...args], {
            cwd: root,
            detached: true,
            env: env({ SIDECAR_NOHUP: nohup, READY: path.join(folder, "ready") }),
            stdio: "ignore",
        });
        const looking = setInterval(() => {
            if (!fs.existsSync(path.join(folder, "ready"))) return;
            clearInterval(looking);
            try {
                process.kill(whom === "group" ? -child.pid! : child.pid!, "SIGHUP");
            } catch (cause) {
                if ((cause as NodeJS.ErrnoException).code !== "ESRCH") throw cause; // it has ended: its exit code says how
            }
            fs.writeFileSync(path.join(folder, "ready.sent"), "");
        }, 20);
        child.on("exit", (code, signal) => {
            clearInterval(looking);
            resolve(signal ?? code!);
        });
    });
}

test.each([
    ["ignored", "trap '' HUP; ", "1"],
    ["not ignored", "", "0"],
])("./sidecar knows that SIGHUP is %s", (_, before, known) => {
    fs.copyFileSync(path.join(root, "sidecar"), path.join(folder, "sidecar"));
    fs.writeFileSync(path.join(folder, "package-lock.json"), "");
    fs.mkdirSync(path.join(folder, "node_modules"));
    fs.writeFileSync(path.join(folder, "node_modules/.package-lock.json"), "");
    executable("node", '[ "$1" = --version ] && echo v20.0.0 || echo "$SIDECAR_NOHUP"');
    const { stdout, stderr } = spawnSync("sh", ["-c", `${before}exec ./sidecar`], { cwd: folder, env: env({}), encoding: "utf8" });
    expect(stdout).toBe(`${known}\n`);
    expect(stderr).toBe("");
});

test.each([
    ["outlives a terminal under nohup", "1", 7],
    ["is ended with a terminal", "0", 128 + os.constants.signals.SIGHUP],
])("a command that a user gave %s", async (_, nohup, code) => {
    // It is ready once it handles the signal, which is after the shell has begun.
    const run = `const ran = require("./cli/terminal").runInTerminal("sh", ["-c", ${JSON.stringify(`${untilSent}; exit 7`)}]);
        require("fs").writeFileSync(process.env.READY, "");
        void ran.then(process.exit);`;
    expect(await hungUp(["-e", run], nohup, "group")).toBe(code);
});

test.each([
    ["outlives a terminal under nohup", "1", 2],
    ["ends with a terminal", "0", "SIGHUP"],
])("./sidecar itself %s", async (_, nohup, code) => {
    executable("pulumi", `touch "$READY"; ${untilSent}; exit 1`);
    expect(await hungUp(["cli/main.ts", "tunnel", "--stack", "stage", "--", "true"], nohup, "process")).toBe(code);
});

test.each([
    ["1", 0],
    ["0", 1],
])("a pause notes a SIGHUP, but not under nohup (%s)", async (nohup, noted) => {
    const before = process.env.SIDECAR_NOHUP;
    process.env.SIDECAR_NOHUP = nohup;
    try {
        await jest.isolateModulesAsync(async () => {
            const { Signals } = await import("../../../cli/pause/signals");
            const had = process.listenerCount("SIGHUP");
            const signals = new Signals();
            expect(process.listenerCount("SIGHUP") - had).toBe(noted);
            signals.stop();
        });
    } finally {
        if (before === undefined) delete process.env.SIDECAR_NOHUP;
        else process.env.SIDECAR_NOHUP = before;
    }
});
