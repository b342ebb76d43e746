import { spawn } from "child_process";
import * as fs from "fs";
import { setTimeout } from "timers/promises";
import { inLab } from "./paths";
import { logFile } from "./run";

const pidFile = (name: string) => inLab("pid", name);

/** A program that the lab starts, leaves running, and later stops by its own id. */
export function startDaemon(name: string, program: string, args: string[]): void {
    fs.mkdirSync(inLab("pid"), { recursive: true });
    fs.mkdirSync(inLab("log"), { recursive: true });
    const log = fs.openSync(logFile(name), "a");
    const child = spawn(program, args, { detached: true, stdio: ["ignore", log, log] });
    fs.closeSync(log);
    if (child.pid === undefined) throw new Error(`${program} cannot be started`);
    fs.writeFileSync(pidFile(name), `${child.pid} ${program}\n`);
    child.unref();
}

/** The daemon's process id if it still runs: another program may have the id by now. */
export function daemonPid(name: string): number | undefined {
    if (!fs.existsSync(pidFile(name))) return undefined;
    const [pid, program] = fs.readFileSync(pidFile(name), "utf8").trim().split(" ");
    try {
        const command = fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[0];
        return command === program ? Number(pid) : undefined;
    } catch {
        return undefined;
    }
}

/** Stops the daemon and waits until it is gone. */
export async function stopDaemon(name: string): Promise<boolean> {
    const pid = daemonPid(name);
    if (pid === undefined) return false;
    process.kill(pid, "SIGTERM");
    for (let waited = 0; daemonPid(name) !== undefined; waited += 200) {
        if (waited > 30_000) throw new Error(`${name} (process ${pid}) does not stop`);
        await setTimeout(200);
    }
    fs.rmSync(pidFile(name));
    return true;
}
