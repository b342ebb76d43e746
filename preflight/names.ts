import { isIP } from "net";
import { configSet } from "../findings/commands";
import { error, Finding, unchecked, warning } from "../findings/finding";
import { shellWord } from "../findings/quoting";
import { ContainerFacts, HostFacts } from "../host/containers";
import { dockerCommand } from "../host/engine";
import { schema } from "../settings/schema";
import { Settings } from "../settings/settings";
import { OwnedResources } from "./state";

/** Whether Docker's DNS returns this container's address, once it runs, for a name on a network. */
function answersTo(host: string, network: string, { name, networks }: ContainerFacts): boolean {
    const endpoint = networks[network];
    return endpoint !== undefined && (name === host || endpoint.aliases.includes(host));
}

/** All containers that answer to a name on a network, running or not. */
export const answering = (host: string, network: string, { containers }: Pick<HostFacts, "containers">) =>
    containers.filter((one) => answersTo(host, network, one));

/** Whether only a container can have this name: it is not an address, nor a name that a DNS server outside Docker may know. */
export const isContainerName = (host: string) => isIP(host) === 0 && !host.includes(".");

/** Whether `databaseHost` leads the pooler to the database, and to nothing else on its network. */
export function judgeDatabaseHost(host: HostFacts, settings: Settings): Finding[] {
    const { databaseHost, databaseNetwork, docker } = settings;
    if (!isContainerName(databaseHost)) return [];
    const cli = dockerCommand(docker);
    const all = answering(databaseHost, databaseNetwork, host);
    const running = all.filter((one) => one.running);
    if (running.length === 1) return [];
    if (running.length > 1) {
        const names = running.map(({ name }) => name);
        return [
            error(
                `databaseHost: ${names.length} containers answer to ${databaseHost} on network ${databaseNetwork}: ${names.join(", ")}. The pooler would reach a random one of them`,
                "if one is being replaced (a redeploy), wait until it is gone; otherwise take the name from the one that is not the database: " +
                    running.map((one) => withoutName(cli, databaseNetwork, one, databaseHost)).join(", or: "),
            ),
        ];
    }
    if (all.length > 0) {
        const names = all.map(({ name }) => name).join(" ");
        return [
            unchecked(
                `whether the pooler reaches ${databaseHost}: container ${names} is stopped`,
                `${cli} start ${shellWord(all[0]!.name)}`,
            ),
        ];
    }
    return [explainNobody(host, settings)];
}

/** A container loses its aliases when it leaves a network and joins it again; it keeps its name and its hostname. */
function withoutName(cli: string, network: string, { name, hostname }: ContainerFacts, taken: string): string {
    const container = shellWord(name);
    if (name === taken) return `${cli} rename ${container} ${shellWord(`${name}-2`)}`;
    const place = `${shellWord(network)} ${container}`;
    const leave = `${cli} network disconnect ${place}`;
    return hostname === taken
        ? `${leave}   (it is its hostname, which it keeps: recreate it without that before it joins again)`
        : `${leave} && ${cli} network connect ${place}`;
}

function explainNobody(host: HostFacts, settings: Settings): Finding {
    const { databaseHost, databaseNetwork, docker } = settings;
    const what = `databaseHost: no container answers to ${databaseHost} on network ${databaseNetwork} of ${docker.host}`;
    const elsewhere = host.networks
        .map(({ name }) => name)
        .filter((name) => answering(databaseHost, name, host).some(({ running }) => running));
    if (elsewhere.length > 0)
        return error(`${what}, but one does on ${elsewhere.join(", ")}`, configSet(settings, "databaseNetwork", shellWord(elsewhere[0]!)));
    const onNetwork = host.containers.filter(({ networks }) => networks[databaseNetwork]);
    return error(what, nameDatabase(onNetwork, settings));
}

/** The command that names the database among these containers: one whose image listens on PostgreSQL's port, if there is one. */
export function nameDatabase(containers: ContainerFacts[], settings: Settings): string {
    const running = containers.filter((one) => one.running && one.owner === undefined);
    const databases = running.filter(({ exposes }) => exposes.includes(5432));
    const candidates = databases.length > 0 ? databases : running;
    const named = candidates.filter((one) => aliasOf(one) !== undefined);
    const [only, ...others] = [...named, ...candidates.filter((one) => !named.includes(one))]
        .map((one) => aliasOf(one) ?? one.name)
        .filter(isAccepted);
    if (only === undefined) return `start the database, or: ${configSet(settings, "databaseNetwork", "NETWORK")}`;
    return configSet(settings, "databaseHost", only) + (others.length > 0 ? `   (or ${others.join(", ")})` : "");
}

/** Whether databaseHost takes a name: an alias may be any text, also one that a shell would run. */
const isAccepted = (name: string) => schema.shape.databaseHost.safeParse(name).success;

/** The alias that a person gave it: in Coolify, a container has a new name after each deployment. */
const aliasOf = ({ id, name, networks }: ContainerFacts) =>
    Object.values(networks)
        .flatMap(({ aliases }) => aliases)
        .find((alias) => !id.startsWith(alias) && alias !== name && isAccepted(alias));

/**
 * Other containers with the pooler's or pgAdmin's name: on a network of one of the sidecar's containers, such a container
 * gets half of the connections.
 */
export function judgeAliases(host: HostFacts, settings: Settings, owned: Pick<OwnedResources, "owner" | "ids">): Finding[] {
    const { databaseNetwork, proxyNetwork, pgadminDomain } = settings;
    const own = host.networks.filter(({ owner }) => owner === owned.owner).map(({ name }) => name);
    const others = { containers: host.containers.filter(({ id, owner }) => owner !== owned.owner && !owned.ids.includes(id)) };
    // pgAdmin looks the pooler up on the proxy's network as well.
    const networks = [...new Set([databaseNetwork, ...(pgadminDomain === "" ? [] : [proxyNetwork]), ...own])];
    return [
        ...networks.flatMap((network) => judgePoolerName(network, others, settings)),
        ...own.flatMap((network) => judgePgadminName(network, others, settings)),
    ];
}

function judgePoolerName(network: string, others: Pick<HostFacts, "containers">, settings: Settings): Finding[] {
    const { pgbouncerAlias, docker, stack } = settings;
    const rename = configSet(settings, "pgbouncerAlias", `${pgbouncerAlias}-${stack}`);
    return answering(pgbouncerAlias, network, others).map(({ name, owner, running }) => {
        const container = `container ${name}${owner ? ` of stack ${owner}` : ""}`;
        if (running) {
            return error(
                `pgbouncerAlias: the name ${pgbouncerAlias} on network ${network} is already that of ${container} on ${docker.host}, which would get half of the connections`,
                rename,
            );
        }
        return warning(
            `pgbouncerAlias: ${container} on ${docker.host} is stopped, but would get half of the connections to ${pgbouncerAlias} on network ${network} once it is started`,
            `${rename}, or, if nobody needs it: ${dockerCommand(docker)} rm ${shellWord(name)}`,
        );
    });
}

function judgePgadminName(network: string, others: Pick<HostFacts, "containers">, { adminUi, docker }: Settings): Finding[] {
    if (adminUi === "none") return [];
    return answering("pgadmin", network, others).map(({ name }) =>
        warning(
            `container ${name} answers to pgadmin on ${network}, the stack's own network, as pgAdmin does`,
            `${dockerCommand(docker)} network disconnect -f ${shellWord(network)} ${shellWord(name)}`,
        ),
    );
}
