import { configRemove, configSet } from "../findings/commands";
import { error, Finding } from "../findings/finding";
import { shellWord } from "../findings/quoting";
import { ContainerFacts, HostFacts } from "../host/containers";
import { dockerCommand } from "../host/engine";
import { Settings } from "../settings/settings";
import { answering, isContainerName, nameDatabase } from "./names";

/** Docker's own networks, on which containers don't find each other by name. */
export const builtinNetworks = ["bridge", "host", "none"];

/** The network that a fix creates for a database that has none on which names work. */
const proposedNetwork = "pg-sidecar-database";

/** The containers that answer to `databaseHost` on a network: the running ones if any runs, otherwise all. */
export function databasesOn(network: string, host: HostFacts, { databaseHost }: Pick<Settings, "databaseHost">): ContainerFacts[] {
    const all = answering(databaseHost, network, host);
    const running = all.filter((one) => one.running);
    return running.length > 0 ? running : all;
}

/** The database's network: the one that is set, otherwise the one on which a container answers to `databaseHost`; or a finding if there is none. */
export function findDatabaseNetwork(host: HostFacts, settings: Settings): string | Finding {
    const { databaseNetwork, databaseHost, proxyNetwork, docker } = settings;
    if (databaseNetwork !== "") return databaseNetwork;
    const candidates = candidateNetworks(host, settings);
    if (candidates.length === 0) {
        const nameless = host.containers.find((one) => one.name === databaseHost && isNameless(one));
        if (nameless) return explainNameless(nameless, host, settings);
    }
    // Coolify may connect the database to the proxy's network as well, which every other service is on.
    const [only, ...others] = candidates.length > 1 ? candidates.filter((name) => name !== proxyNetwork) : candidates;
    if (only === undefined) {
        if (!isContainerName(databaseHost)) return explainOutside(host, settings);
        return error(`databaseHost: no container on ${docker.host} answers to ${databaseHost}`, nameDatabase(host.containers, settings));
    }
    if (others.length === 0) return only;
    return error(
        `databaseNetwork: ${databaseHost} is on more than one network of ${docker.host}: ${candidates.join(", ")}`,
        `${configSet(settings, "databaseNetwork", shellWord(only))}, or another of them`,
    );
}

/** The user-defined networks, except stacks' own, on which the database is found by name: running databases first, else stopped ones. */
function candidateNetworks(host: HostFacts, settings: Settings): string[] {
    const candidates = host.networks
        .filter(({ name, owner }) => !builtinNetworks.includes(name) && owner === undefined)
        .flatMap(({ name }) => {
            const [database] = databasesOn(name, host, settings);
            return database ? [{ name, running: database.running }] : [];
        });
    const running = candidates.filter((one) => one.running);
    return (running.length > 0 ? running : candidates).map(({ name }) => name);
}

/** Whether a container is on no network on which others find it by name. */
const isNameless = ({ networks }: ContainerFacts) => Object.keys(networks).every((name) => builtinNetworks.includes(name));

/** How a database without a usable name gets one or, if that is impossible, is reached by an address. */
function explainNameless(database: ContainerFacts, host: HostFacts, settings: Settings): Finding {
    const { name, networkMode } = database;
    const { databaseHost, docker } = settings;
    const cli = dockerCommand(docker);
    if (networkMode.startsWith("container:")) {
        const other = host.containers.find(({ id }) => id === networkMode.slice("container:".length));
        const network = Object.keys(other?.networks ?? {}).find((one) => !builtinNetworks.includes(one));
        return error(
            `databaseNetwork: container ${name} uses the network of ${other?.name ?? "a container that is gone"}, and has no name of its own there`,
            other && network
                ? `${configSet(settings, "databaseHost", shellWord(other.name))}; ${configSet(settings, "databaseNetwork", shellWord(network))}`
                : "deploy it with a network of its own",
        );
    }
    if (networkMode === "host") {
        const gateway = `$(${cli} network inspect -f '{{(index .IPAM.Config 0).Gateway}}' ${proposedNetwork})`;
        const setNetwork = configSet(settings, "databaseNetwork", proposedNetwork);
        return error(
            `databaseNetwork: container ${name} uses the host's own network (network_mode: host), so it has no name on any other, and the engine can't connect it to one`,
            `let the pooler reach it by the host's address on a network: ${createProposed(host, cli)}${setNetwork}; ${configSet(settings, "databaseHost", gateway)}   ` +
                `(the database has to listen there: listen_addresses, pg_hba.conf and the host's firewall)`,
        );
    }
    const current = Object.keys(database.networks)[0] ?? networkMode;
    const leave = current === "none" ? `${cli} network disconnect none ${shellWord(name)}; ` : "";
    return error(
        `databaseNetwork: ${databaseHost} is only on ${current}, one of Docker's own networks, where containers don't find each other by name`,
        `${leave}${ownNetwork(database, host, settings)}   (nothing is restarted)`,
    );
}

/** How the pooler gets a network for a database outside Docker. Another container's name would be somebody else's database. */
function explainOutside(host: HostFacts, settings: Settings): Finding {
    const { databaseHost, docker } = settings;
    return error(
        `databaseNetwork: no container on ${docker.host} answers to ${databaseHost}, and for a host outside Docker the pooler needs a network to reach it by`,
        `${proposeNetwork(host, settings)}, or, if the database is a container: ${configSet(settings, "databaseHost", "NAME")}`,
    );
}

/** Why the set database network can't be used: it is one of Docker's own, or it doesn't exist. */
export function judgeDatabaseNetwork(host: HostFacts, settings: Settings): Finding[] {
    const { databaseNetwork, databaseHost, docker } = settings;
    // For a host outside Docker, no container answers, so nothing could be looked up.
    const lookUp =
        isContainerName(databaseHost) || candidateNetworks(host, settings).length > 0
            ? `${configRemove(settings, "databaseNetwork")}   (it is then looked up by databaseHost)`
            : proposeNetwork(host, settings);
    if (builtinNetworks.includes(databaseNetwork)) {
        const database = host.containers.find(({ name }) => name === databaseHost);
        if (database && isNameless(database)) return [explainNameless(database, host, settings)];
        return [
            error(
                `databaseNetwork: it is ${databaseNetwork}, one of Docker's own networks, where containers don't find each other by name`,
                lookUp,
            ),
        ];
    }
    const networks = host.networks.map(({ name }) => name);
    if (networks.includes(databaseNetwork)) return [];
    const usable = networks.filter((name) => !builtinNetworks.includes(name));
    return [
        error(
            `databaseNetwork: there is no network ${databaseNetwork} on ${docker.host}, only ${usable.join(", ") || "Docker's own"}`,
            `${lookUp}, or: ${configSet(settings, "databaseNetwork", "NETWORK")}`,
        ),
    ];
}

/** The commands by which a running database gets a network of its own. Nothing is restarted. */
export function ownNetwork({ name }: ContainerFacts, host: HostFacts, settings: Settings): string {
    const cli = dockerCommand(settings.docker);
    const connect = `${cli} network connect --alias ${settings.databaseHost} ${proposedNetwork} ${shellWord(name)}`;
    return `${createProposed(host, cli)}${connect}; ${configSet(settings, "databaseNetwork", proposedNetwork)}`;
}

/** The commands by which the pooler gets a network that leads out of the host, and on which nobody has to be. */
const proposeNetwork = (host: HostFacts, settings: Settings) =>
    `${createProposed(host, dockerCommand(settings.docker))}${configSet(settings, "databaseNetwork", proposedNetwork)}`;

const createProposed = (host: HostFacts, cli: string) =>
    host.networks.some(({ name }) => name === proposedNetwork) ? "" : `${cli} network create ${proposedNetwork}; `;
