import { Settings } from "../settings/settings";

/** The environment variable by which a command knows that it runs in a tunnel, and in which one. */
export const tunnelVariable = "SIDECAR_TUNNEL";

/** A tunnel's name: whose it is, and from which port it leads where. No part has a space. */
export const tunnelName = ({ stack, docker, databaseHost, databaseServer }: Settings) =>
    [stack, docker.host, databaseHost, databaseServer.port].join(" ");

/** The parts of a tunnel's name; of an empty one, no host, database or port. */
export function readTunnelName(name: string) {
    const [stack, host, database, port] = name.split(" ");
    return { stack, host, database, port };
}
