import { isIP } from "net";
import { Settings } from "../settings/settings";
import { ContainerFacts, HostFacts } from "./docker";
import { dockerCommand } from "../host/engine";
import { error, Finding, unchecked, warning } from "../findings/finding";
import { OwnedResources } from "./state";

/** Whether Docker's DNS gives this container's address, once it runs, for a name on a network. */
export function answersTo(host: string, network: string, { name, networks }: ContainerFacts): boolean {
    const endpoint = networks[network];
    return endpoint !== undefined && (name === host || endpoint.aliases.includes(host));
}

/** All that answer to a name on a network, running or not. */
export const answering = (host: string, network: string, { containers }: HostFacts) =>
    containers.filter((one) => answersTo(host, network, one));

/** Whether only a container can have this name: not an address, nor one that a DNS server outside of Docker may know. */
export const isContainerName = (host: string) => isIP(host) === 0 && !host.includes(".");

/** What speaks against the pooler's finding the database, and it alone, under `databaseHost` on its network. */
export function judgeDatabaseHost(facts: HostFacts, settings: Settings): Finding[] {
    const { databaseHost, databaseNetwork, docker } = settings;
    if (!isContainerName(databaseHost)) return [];
    const cli = dockerCommand(docker);
    const all = answering(databaseHost, databaseNetwork, facts);
    const running = all.filter((one) => one.running);
    if (running.length === 1) return [];
    if (running.length > 1) {
        const names = running.map(({ name }) => name);
        return [
            error(
                `databaseHost: ${names.length} containers answer to ${databaseHost} on network ${databaseNetwork}: ${names.join(", ")}. The pooler would reach now one, now the other. ` +
                    `Fix: if one is being replaced (a redeploy), wait until it is gone; else take the name from the one that is not the database: ` +
                    names.map((name) => withoutAlias(cli, databaseNetwork, name, databaseHost)).join(", or: "),
            ),
        ];
    }
    if (all.length > 0) {
        const names = all.map(({ name }) => name).join(" ");
        return [unchecked(`whether the pooler reaches ${databaseHost}: container ${names} is stopped. Fix: ${cli} start ${all[0]!.name}`)];
    }
    return [error(`databaseHost: ${whyNobody(facts, settings)}`)];
}

/** A container loses its aliases by leaving a network and joining it again; its name it keeps. */
function withoutAlias(cli: string, network: string, name: string, alias: string): string {
    return name === alias
        ? `${cli} rename ${name} ${name}-2`
        : `${cli} network disconnect ${network} ${name} && ${cli} network connect ${network} ${name}`;
}

function whyNobody(facts: HostFacts, { databaseHost, databaseNetwork, docker }: Settings): string {
    const what = `no container answers to ${databaseHost} on network ${databaseNetwork} of ${docker.host}`;
    const elsewhere = facts.networks
        .map(({ name }) => name)
        .filter((name) => answering(databaseHost, name, facts).some(({ running }) => running));
    if (elsewhere.length > 0)
        return `${what}, but one does on ${elsewhere.join(", ")}. Fix: pulumi config set databaseNetwork ${elsewhere[0]}`;
    return `${what}. Fix: ${nameDatabase(facts.containers.filter(({ networks }) => networks[databaseNetwork]))}`;
}

/** How to name the database among these containers: those whose image listens on PostgreSQL's port, if any does. */
export function nameDatabase(containers: ContainerFacts[]): string {
    const running = containers.filter((one) => one.running && one.owner === undefined);
    const databases = running.filter(({ exposes }) => exposes.includes(5432));
    const candidates = databases.length > 0 ? databases : running;
    const named = candidates.filter((one) => aliasOf(one) !== undefined);
    const [only, ...others] = [...named, ...candidates.filter((one) => !named.includes(one))].map((one) => aliasOf(one) ?? one.name);
    if (only === undefined) return "start the database, or: pulumi config set databaseNetwork NETWORK";
    return `pulumi config set databaseHost ${only}` + (others.length > 0 ? `   (or ${others.join(", ")})` : "");
}

/** The alias that somebody gave it: the container's name is in Coolify another after each deployment. */
const aliasOf = ({ id, name, networks }: ContainerFacts) =>
    Object.values(networks)
        .flatMap(({ aliases }) => aliases)
        .find((alias) => !id.startsWith(alias) && alias !== name);

/**
 * What speaks against the pooler's and pgAdmin's names: on a network that one of the sidecar's containers is on, another
 * container of that name gets half of the connections.
 */
export function judgeAliases(facts: HostFacts, settings: Settings, known: Pick<OwnedResources, "owner" | "ids">): Finding[] {
    const { pgbouncerAlias, databaseNetwork, proxyNetwork, pgadminDomain, docker, stack } = settings;
    const cli = dockerCommand(docker);
    const own = facts.networks.filter(({ owner }) => owner === known.owner).map(({ name }) => name);
    const others = { ...facts, containers: facts.containers.filter(({ id, owner }) => owner !== known.owner && !known.ids.includes(id)) };
    // pgAdmin looks the pooler up on the proxy's network, too.
    const networks = [...new Set([databaseNetwork, ...(pgadminDomain === "" ? [] : [proxyNetwork]), ...own])];
    const found: Finding[] = [];
    for (const network of networks) {
        for (const { name, owner, running } of answering(pgbouncerAlias, network, others)) {
            const whose = `container ${name}${owner ? ` of stack ${owner}` : ""}`;
            const rename = `pulumi config set pgbouncerAlias ${pgbouncerAlias}-${stack}`;
            found.push(
                running
                    ? error(
                          `pgbouncerAlias: the name ${pgbouncerAlias} on network ${network} is already that of ${whose} on ${docker.host}, which would get half of the connections. ` +
                              `Fix: ${rename}`,
                      )
                    : warning(
                          `pgbouncerAlias: ${whose} on ${docker.host} is stopped, but would get half of the connections to ${pgbouncerAlias} on network ${network} once it is started. ` +
                              `Fix: ${rename}, or, if nobody needs it: ${cli} rm ${name}`,
                      ),
            );
        }
    }
    for (const network of own) {
        for (const { name } of answering("pgadmin", network, others)) {
            found.push(
                warning(
                    `container ${name} answers to pgadmin on ${network}, the stack's own network, as pgAdmin does. Fix: ${cli} network disconnect -f ${network} ${name}`,
                ),
            );
        }
    }
    return found;
}
