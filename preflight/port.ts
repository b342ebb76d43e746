import { execFile } from "child_process";
import * as net from "net";
import { promisify } from "util";
import { configSet } from "../findings/commands";
import { error, Finding } from "../findings/finding";
import { HostFacts } from "../host/containers";
import { sshArguments } from "../host/ssh";
import { DockerHost, Settings } from "../settings/settings";

/** A program outside Docker that holds pgAdmin's port. It is looked for on this machine and over ssh, not over TCP. */
export async function judgePort({ containers }: HostFacts, settings: Settings): Promise<Finding[]> {
    const { pgadminPort, docker } = settings;
    if (pgadminPort === 0 || containers.some((one) => one.running && one.hostPorts.includes(pgadminPort))) return [];
    const isLocal = docker.host.startsWith("unix:");
    const taken = isLocal ? await isTaken(pgadminPort) : docker.host.startsWith("ssh:") && listensOn(await listeners(docker), pgadminPort);
    if (!taken) return [];
    return [
        error(
            `pgadminPort: a program on ${isLocal ? "this machine" : docker.host} already listens on port ${pgadminPort}`,
            `${configSet(settings, "pgadminPort", String(pgadminPort + 1))}   (or stop that program)`,
        ),
    ];
}

/** Whether, by Linux's table of TCP sockets, a program listens on this port of the loopback's address or of all addresses. */
export function listensOn(table: string, port: number): boolean {
    const hex = port.toString(16).toUpperCase().padStart(4, "0");
    const listening = "0A";
    return table.split("\n").some((line) => {
        const [, local = "", , state] = line.trim().split(/\s+/);
        return state === listening && new RegExp(`^(0100007F|0{8}|0{32}):${hex}$`).test(local);
    });
}

/** That table on the ssh host; "" if the login may not read it. */
async function listeners(docker: DockerHost): Promise<string> {
    const read = sshArguments(docker, ["cat", "/proc/net/tcp", "/proc/net/tcp6"]);
    return (await promisify(execFile)("ssh", read).catch(() => ({ stdout: "" }))).stdout;
}

function isTaken(port: number): Promise<boolean> {
    return new Promise((resolve) => {
        const server = net.createServer();
        server.once("error", (cause: NodeJS.ErrnoException) => resolve(cause.code === "EADDRINUSE"));
        server.listen(port, "127.0.0.1", () => server.close(() => resolve(false)));
    });
}
