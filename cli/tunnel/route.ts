import { isIP } from "net";
import { configSet } from "../../findings/commands";
import { UserError } from "../../findings/errors";
import { shellWord } from "../../findings/quoting";
import { ContainerFacts, HostFacts } from "../../host/containers";
import { dockerCommand } from "../../host/engine";
import { isContainerName } from "../../preflight/names";
import { databasesOn, findDatabaseNetwork } from "../../preflight/network";
import { loopbackHosts } from "../../settings/databaseserver";
import { Settings } from "../../settings/settings";

/** From a port on this machine's loopback to the database's address on its Docker network. */
export interface Route {
    localPort: number;
    address: string;
    port: number;
}

/** The end of a route, an IPv6 address in brackets. */
export function destination({ address, port }: Route): string {
    return isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}

/** The route for a stack. Throws a UserError if there is none. */
export function routeTo(settings: Settings, host: HostFacts): Route {
    const { databaseServer, databaseHost, databasePort, docker } = settings;
    const network = findDatabaseNetwork(host, settings);
    if (typeof network !== "string") throw UserError.of(network);
    const all = databasesOn(network, host, settings);
    const found = all.filter((one) => one.running);
    // A database outside Docker's names, such as one on the host's own network or on another host. The Docker host resolves its name.
    const given = all.length === 0 && !isContainerName(databaseHost) ? databaseHost : undefined;
    if (!given && found.length !== 1) {
        const there = found.length > 0 ? found : host.containers.filter((one) => one.running && one.networks[network]);
        throw new UserError(
            `${found.length === 0 ? "no" : "more than one"} running container is ${databaseHost} on network ${network} of ${docker.host}: ` +
                `${there.map(({ name }) => name).join(", ") || "no container is on it"}.`,
            `start the database, or: ${configSet(settings, "databaseHost", "NAME")}`,
        );
    }
    const route = { localPort: databaseServer.port, address: given ?? addressOf(found[0]!, network, settings), port: databasePort };
    if (!docker.host.startsWith("ssh:")) {
        throw new UserError(
            `docker:host is ${docker.host}: a tunnel needs an ssh host.`,
            `from the Docker host itself, the database is at ${destination(route)}; ` +
                `elsewhere: ${configSet(settings, "docker:host", "ssh://USER@HOST")}`,
        );
    }
    if (!loopbackHosts.includes(databaseServer.host)) {
        throw new UserError(
            `postgresql:host is ${databaseServer.host}, but a tunnel starts on this machine.`,
            `${configSet(settings, "postgresql:host", "127.0.0.1")}; ${configSet(settings, "postgresql:port", "15432")}`,
        );
    }
    return route;
}

/** A container's address on a network. One that restarts over and over runs for the engine, but has none between its starts. */
function addressOf({ name, status, networks }: ContainerFacts, network: string, { docker }: Settings): string {
    const address = networks[network]?.addresses[0];
    if (address !== undefined) return address;
    throw new UserError(
        `container ${name} has no address on network ${network} of ${docker.host} now: it is ${status}.`,
        `see why, then start the database: ${dockerCommand(docker)} logs --tail 20 ${shellWord(name)}`,
    );
}
