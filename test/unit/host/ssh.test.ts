import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { promisify } from "util";
import * as childProcess from "child_process";
import { until } from "../../../lab/run";
import { get } from "../../../host/engine";
import { dialStdio, sshArguments } from "../../../host/ssh";
import { Answers, FakeEngine, fakeEngine } from "./fakeengine";

// Jest's PATH is its own, and spawn would take this process's.
jest.mock("child_process", () => {
    const real = jest.requireActual<typeof childProcess>("child_process");
    return { ...real, spawn: (program: string, args: string[]) => real.spawn(program, args, { env: process.env }) };
});

test("ssh is called as the provider does, with what is given first winning over the stack's options", () => {
    expect(
        sshArguments({ host: "ssh://me@host:2222", sshOpts: ["-o", "BatchMode=yes"] }, ["docker", "version"], ["-o", "ControlPath=none"]),
    ).toEqual("-o ControlPath=none -o BatchMode=yes -p 2222 -- me@host docker version".split(" "));
});

test("an IPv6 address goes to ssh without brackets, a login without its escapes, and a path is the engine's socket", () => {
    const docker = { host: "ssh://me%40corp@[::1]:2222", sshOpts: [] };
    expect(sshArguments(docker, ["true"])).toEqual(["-p", "2222", "--", "me@corp@::1", "true"]);
    expect(dialStdio(docker.host).join(" ")).toBe("docker system dial-stdio");
    expect(dialStdio("ssh://me@host/run/docker.sock").join(" ")).toBe("docker --host=unix:///run/docker.sock system dial-stdio");
});

describe("connections to a far engine", () => {
    // An ssh of the test's own, first on PATH: it notes its process and connects to the fake engine's socket.

    const relay = path.join(__dirname, "relay.ts");
    const register = require.resolve("ts-node/register/transpile-only");
    let engine: FakeEngine;
    let folder: string;
    const before = process.env.PATH;

    /** The far engine, by a login of its own so that no test has another's connection. */
    async function far(answers: Answers) {
        engine = await fakeEngine(answers);
        folder = fs.mkdtempSync(path.join(os.tmpdir(), "fake-ssh-"));
        const socket = engine.docker.host.replace("unix://", "");
        fs.writeFileSync(
            path.join(folder, "ssh"),
            `#!/bin/sh\necho $$ >> ${folder}/started\nexec "${process.execPath}" -r "${register}" "${relay}" "${socket}"\n`,
            { mode: 0o755 },
        );
        process.env.PATH = `${folder}:${before}`;
        return { host: `ssh://me@${path.basename(folder).toLowerCase()}`, sshOpts: [] };
    }

    /** Whether a process is there, and no zombie. */
    const lives = (pid: number) =>
        /^State:\s+[^Z]/m.test(fs.existsSync(`/proc/${pid}/status`) ? fs.readFileSync(`/proc/${pid}/status`, "utf8") : "");
    const started = () => fs.readFileSync(path.join(folder, "started"), "utf8").trim().split("\n").map(Number);

    afterEach(() => {
        process.env.PATH = before;
        engine.close();
        fs.rmSync(folder, { recursive: true });
    });

    test("requests one after another share a session of ssh, and those at the same time don't", async () => {
        const docker = await far({ "GET /version": { body: { Os: "linux" }, delay: 50 } });
        for (let n = 0; n < 3; n++) expect(await get(docker, "/version")).toEqual({ Os: "linux" });
        expect(started()).toHaveLength(1);
        await Promise.all([get(docker, "/version"), get(docker, "/version")]);
        expect(started()).toHaveLength(2);
    });

    test.each<[string, NodeJS.Signals]>([
        ["was cut", "SIGKILL"],
        ["the far side ended", "SIGTERM"],
    ])("a session that %s between two requests is not used again", async (_, signal) => {
        const docker = await far({ "GET /version": { body: { Os: "linux" } } });
        await get(docker, "/version");
        process.kill(started()[0]!, signal);
        await until("the session is gone", 20, () => Promise.resolve(!lives(started()[0]!)));
        await new Promise((resolve) => setTimeout(resolve, 300)); // until this process has noticed
        expect(await get(docker, "/version")).toEqual({ Os: "linux" });
        expect(started()).toHaveLength(2);
    });

    test("a session that nobody uses for 15 s ends", async () => {
        const docker = await far({ "GET /version": { body: { Os: "linux" } } });
        engine.keepAlive(60_000); // or it would end the session before that
        const real = setTimeout;
        // Those 15 s take 2 s here. Jest's fake timers would stop the fake engine, too.
        const shorter = (work: () => void, ms?: number) => real(work, ms === 15_000 ? 2_000 : ms);
        const spy = jest.spyOn(global, "setTimeout").mockImplementation(shorter);
        try {
            await get(docker, "/version");
        } finally {
            spy.mockRestore();
        }
        const [session] = started();
        expect(lives(session!)).toBe(true);
        await until("the session ends", 20, () => Promise.resolve(!lives(session!)));
        expect(await get(docker, "/version")).toEqual({ Os: "linux" });
    });

    test("a session that waits for the next request lets the process end", async () => {
        const docker = await far({ "GET /version": { body: { Os: "linux" } } });
        const script = `require("./host/engine").get(${JSON.stringify(docker)}, "/version").then(({ Os }) => console.log(Os))`;
        const args = ["-r", register, "-e", script];
        engine.keepAlive(60_000); // or it would end the session before that
        const { stdout } = await promisify(childProcess.execFile)(process.execPath, args, { env: process.env });
        expect(stdout).toBe("linux\n");
    });
});
