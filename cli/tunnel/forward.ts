import { ChildProcess, spawn } from "child_process";
import * as net from "net";
import { setTimeout as sleep } from "timers/promises";
import { configSet } from "../../findings/commands";
import { UserError } from "../../findings/errors";
import { sshArguments } from "../../host/ssh";
import { sshFix } from "../../host/sshfix";
import { Settings } from "../../settings/settings";
import { destination, Route } from "./route";

/** Milliseconds that the host, and then the database, have to answer. */
const timeout = 15_000;
const noAnswer = `no answer within ${timeout / 1000} s`;

/** An open tunnel. It ends when it is closed or when this process ends, for whatever reason. */
export interface Tunnel {
    close(): void;
}

/** Opens a tunnel: ssh listens on loopback and connects to the database's address from the Docker host. */
export async function openTunnel({ docker, stack }: Settings, route: Route, ended: (why: string) => void): Promise<Tunnel> {
    const options = [
        "-o", "ControlPath=none", // a shared connection would keep the port open after this one ends
        "-o", "ExitOnForwardFailure=yes",
        "-L", `127.0.0.1:${route.localPort}:${destination(route)}`,
    ]; // prettier-ignore
    // `cat` ends when this process does, as its input closes. Detached: Ctrl-C is for the command, which may take its time to end.
    const ssh = spawn("ssh", sshArguments(docker, ["echo open && exec cat"], options), { detached: true });
    let said = "";
    ssh.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
    ssh.stdin.on("error", () => undefined);
    let open = true;
    try {
        await within(opened(ssh), () => said);
        await within(answers(route.localPort), () => said);
    } catch (cause) {
        ssh.kill();
        const why = (cause as Error).message;
        const taken = /Address already in use/.test(why)
            ? `another tunnel is open, or a program uses port ${route.localPort}: end it, or: ${configSet({ stack }, "postgresql:port", "PORT")}`
            : /prohibited/.test(why)
              ? "let this login forward there (AllowTcpForwarding, PermitOpen in sshd_config)"
              : "check that the database runs, and that ssh by hand reaches the host";
        throw new UserError(`no tunnel to ${destination(route)} through ${docker.host}: ${why}`, sshFix(docker, why, { stack }) ?? taken);
    }
    ssh.on("exit", (code) => open && ended(said.trim() || `ssh ended with ${code}`));
    return {
        close() {
            open = false;
            ssh.stdin.end();
            ssh.kill();
        },
    };
}

/** Resolves when the far side is there. */
function opened(ssh: ChildProcess): Promise<void> {
    return new Promise((resolve, reject) => {
        ssh.stdout!.once("data", () => resolve());
        ssh.once("error", reject);
        ssh.once("close", (code) => reject(new Error(`ssh ended with ${code}`)));
    });
}

// PostgreSQL's SSLRequest: the server answers S or N and uses no connection slot for it.
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** Resolves when a PostgreSQL answers on the port. Rejects if none does in time. */
export function answers(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
        const socket = net.connect(port, "127.0.0.1", () => socket.write(sslRequest));
        socket.setTimeout(timeout, () => socket.destroy(new Error(noAnswer)));
        socket.once("data", () => {
            socket.destroy();
            resolve();
        });
        socket.once("error", reject);
        socket.once("close", () => reject(new Error("the connection was closed without an answer")));
    });
}

async function within(work: Promise<void>, said: () => string): Promise<void> {
    let clock: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
        clock = setTimeout(() => reject(new Error(noAnswer)), timeout);
    });
    try {
        await Promise.race([work, late]);
    } catch (cause) {
        // ssh explains a failed connection a moment after it.
        await sleep(200);
        throw new Error(said().trim() || (cause as Error).message);
    } finally {
        clearTimeout(clock);
    }
}
