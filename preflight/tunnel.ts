import { error, Finding } from "../findings/finding";
import { upCommand } from "../host/remedies";
import { readTunnelName, tunnelVariable } from "../host/tunnelname";
import { loopbackHosts } from "../settings/databaseserver";
import { Settings } from "../settings/settings";

/** A run in the tunnel to another database, whose port this stack's tunnel has too: it would change what it was not meant for. */
export function judgeTunnel(settings: Settings, tunnel = process.env[tunnelVariable] ?? ""): Finding[] {
    const { databaseServer, databaseHost, docker } = settings;
    const { stack, host, database, port } = readTunnelName(tunnel);
    if (port !== String(databaseServer.port) || !loopbackHosts.includes(databaseServer.host)) return [];
    if (host === docker.host && database === databaseHost) return [];
    return [
        error(
            `postgresql:port: this shell is in the tunnel of stack ${stack}, so port ${port} here leads to ${database} on ${host}, not to ${databaseHost} on ${docker.host}`,
            `exit   (out of that tunnel), then: ${upCommand(settings)}`,
        ),
    ];
}
