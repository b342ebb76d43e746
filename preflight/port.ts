import { execFile } from "child_process";
import * as net from "net";
import { promisify } from "util";
import { exporterHostPorts, exporterName } from "../components/metrics/ports";
import { resourceNames } from "../components/names";
import { configSet } from "../findings/commands";
import { error, Finding } from "../findings/finding";
import { HostFacts } from "../host/containers";
import { sshArguments } from "../host/ssh";
import { DockerHost, Settings } from "../settings/settings";

/** A port of the host that a setting asks for. */
export interface WantedPort {
    key: "pgadminPort" | "metricsPort";
    port: number;
    /** Name of the resource that gets it. */
    of: string;
    /** A value of the setting with which nobody asks for this port. */
    free: string;
}

/** The ports of the host that the settings ask for: pgAdmin's, and those of the exporters. What containers have is not free. */
export function wantedPorts(settings: Settings, { containers }: Pick<HostFacts, "containers">): WantedPort[] {
    const { pgadminPort } = settings;
    const exporters = exporterHostPorts(settings);
    const held = containers.filter(({ running }) => running).flatMap(({ hostPorts }) => hostPorts);
    const ofPgadmin = { key: "pgadminPort" as const, of: resourceNames.pgadmin, free: nextTo([pgadminPort], [...held, ...exporters]) };
    const free = nextTo(exporters, [...held, pgadminPort]);
    return [
        ...(pgadminPort === 0 ? [] : [{ ...ofPgadmin, port: pgadminPort }]),
        ...exporters.map((port, at) => ({ key: "metricsPort" as const, port, of: exporterName(resourceNames.metrics, at), free })),
    ];
}

/** The first of as many ports after these (or before them, at the end) that are not taken. */
function nextTo(ports: number[], taken: number[]): string {
    const [lowest = 1, highest = lowest] = [ports[0], ports.at(-1)];
    const isFree = (first: number) => !taken.some((port) => port >= first && port < first + ports.length);
    let first = highest + 1;
    while (first + ports.length <= 65_536 && !isFree(first)) first++;
    if (first + ports.length > 65_536) first = lowest - ports.length;
    while (!isFree(first)) first--;
    return String(first);
}

/** Programs outside Docker that hold one of these ports. They are looked for on this machine and over ssh, not over TCP. */
export async function judgePorts({ containers }: HostFacts, settings: Settings): Promise<Finding[]> {
    const { docker } = settings;
    const wanted = wantedPorts(settings, { containers }).filter(
        ({ port }) => !containers.some((one) => one.running && one.hostPorts.includes(port)),
    );
    if (wanted.length === 0) return [];
    const isLocal = docker.host.startsWith("unix:");
    const table = docker.host.startsWith("ssh:") ? await listeners(docker) : "";
    const listens = async ({ port }: WantedPort) => (isLocal ? isTaken(port) : listensOn(table, port));
    const taken = await Promise.all(wanted.map(listens));
    return wanted
        .filter((_, at) => taken[at])
        .map(({ key, port, free }) =>
            error(
                `${key}: a program on ${isLocal ? "this machine" : docker.host} already listens on port ${port}`,
                `${configSet(settings, key, free)}   (or stop that program)`,
            ),
        );
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
