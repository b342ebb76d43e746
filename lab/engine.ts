import * as fs from "fs";
import { daemonPid, startDaemon, stopDaemon } from "./daemon";
import { need } from "./machine";
import { inLab } from "./paths";
import { attempt, has, logFile, run, until, which } from "./run";

const name = "dockerd";

/** Docker's default socket. The lab's own engine listens there too. */
export const socket = "unix:///var/run/docker.sock";

async function version(): Promise<string | undefined> {
    if (!has("docker")) return undefined;
    const { code, stdout } = await attempt("docker", ["version", "--format", "{{.Server.Version}}"], { timeout: 20_000 });
    return code === 0 ? stdout.trim() : undefined;
}

/** Makes sure that a Docker engine answers: the one at hand, else the dockerd on PATH or Debian's, started here and stopped by `./sidecar down`. */
export async function ensureEngine(): Promise<string> {
    const there = await version();
    if (there) return `${there}, ${daemonPid(name) ? "the lab's own" : "the one at hand"}`;
    if (process.env.DOCKER_HOST && process.env.DOCKER_HOST !== socket) {
        throw new Error(`DOCKER_HOST is ${process.env.DOCKER_HOST}, but no engine answers there. Fix: start it, or unset DOCKER_HOST`);
    }
    if (process.getuid?.() !== 0) {
        throw new Error("no Docker engine answers, and only root can start one. Fix: start Docker, or run this as root");
    }
    await need("dockerd", ["docker.io", "iptables"], "no Docker engine answers");
    const installed = await version(); // with an init system, the package starts it
    if (installed) return `${installed}, Debian's docker.io, started by its package`;
    fs.rmSync("/var/run/docker.pid", { force: true });
    const program = which("dockerd")!;
    startDaemon(name, program, ["--data-root", inLab("engine"), "-H", socket]);
    try {
        const started = await until("the Docker engine", 60, async () => {
            if (daemonPid(name) === undefined) throw new Error("dockerd ended");
            return version();
        });
        return `${started}, ${program}, started here`;
    } catch (cause) {
        const said = (await run("tail", ["-n", "5", logFile(name)])).trim();
        throw new Error(`${(cause as Error).message}; the end of its log:\n${said}`);
    }
}

/** Stops the engine that the lab started, unless other containers run on it. */
export async function stopEngine(): Promise<string> {
    if (daemonPid(name) === undefined) return "not the lab's, left alone";
    const running = (await attempt("docker", ["ps", "--format", "{{.Names}}"])).stdout.trim();
    if (running) return `left running, as these containers run on it: ${running.split("\n").join(", ")}`;
    await stopDaemon(name);
    return "stopped";
}
