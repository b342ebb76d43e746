import { ContainerFacts, HostFacts, inspectHost } from "../../../host/containers";
import { exec } from "../../../host/exec";
import { bypasses, Whereabouts, whereabouts } from "../../../preflight/isolation";
import { isContainerName } from "../../../preflight/names";
import { databasesOn } from "../../../preflight/network";
import { Check, failed, noPgadmin, ok, once, Outcome, skipped, warning } from "../check";
import { program } from "../programs";
import { words } from "../sessions";
import { Target } from "../target";
import { both } from "./containers";

const findHost = once(({ docker }: Target) => inspectHost(docker));

/** Ports at which a host may answer its containers: ssh, a proxy and the engine itself. */
const hostPorts = [22, 80, 443, 2375, 2376];

/** A place that pgAdmin has no business with. */
export interface Place {
    /** What it is, for people. */
    what: string;
    /** The network by which it would be reached; undefined for the host's. */
    network?: string;
    address: string;
    port: number;
}

/** Everything else on this host: ports of the other containers, at their addresses, and what the host publishes or offers. */
export function otherPlaces(host: HostFacts, own: ContainerFacts[]): Place[] {
    const others = host.containers.filter((one) => one.running && !own.some(({ id }) => id === one.id));
    const ofContainers = others.flatMap(({ name, networks, exposes, published }) =>
        [...new Set([...exposes, ...published.map(({ inside }) => inside)])].flatMap((port) =>
            Object.entries(networks).flatMap(([network, { addresses }]) =>
                addresses.map((address) => ({ what: `${name}:${port}`, network, address, port })),
            ),
        ),
    );
    const ports = new Set([...hostPorts, ...host.containers.flatMap(({ published }) => published.map(({ port }) => port))]);
    // The host's addresses on every network that has a container: what it offers on one, it offers on all.
    const addresses = new Set(host.containers.flatMap(({ gateways }) => gateways));
    const ofHost = [...addresses].flatMap((address) => [...ports].map((port) => ({ what: `the host's port ${port}`, address, port })));
    return [...ofContainers, ...ofHost];
}

/** Pairs of address and port for one run of reach.py, and the milliseconds that it may take. */
interface Batch {
    pairs: [string, number][];
    timeout: number;
}

/** Most pairs of a run. Linux takes no argument above 131,071 bytes; a pair with an IPv6 address has 50. */
const mostPairs = 2000;

/** Each pair once, in runs. A firewall that drops packets costs 2 s for each 32 pairs. */
export function batchesOf(places: { address: string; port: number }[]): Batch[] {
    const pairs = [...new Map(places.map(({ address, port }) => [`${address}:${port}`, [address, port] as [string, number]])).values()];
    return Array.from({ length: Math.ceil(pairs.length / mostPairs) }, (_, at) => {
        const some = pairs.slice(at * mostPairs, (at + 1) * mostPairs);
        return { pairs: some, timeout: 60_000 + Math.ceil(some.length / 32) * 2000 };
    });
}

/** Which of these pgAdmin reaches. Each is tried from inside its container. */
async function reachable<T extends { address: string; port: number }>(target: Target, pgadmin: ContainerFacts, places: T[]): Promise<T[]> {
    const answered = new Set<string>();
    for (const { pairs, timeout } of batchesOf(places)) {
        const command = ["/venv/bin/python3", "-c", program("reach.py"), JSON.stringify(pairs)];
        const { code, stdout, stderr } = await exec(target.docker, pgadmin.name, command, { timeout });
        if (code !== 0) throw new Error(`can't try what pgAdmin reaches: ${stderr.trim()}`);
        for (const one of stdout.trim().split("\n")) answered.add(one);
    }
    return places.filter(({ address, port }) => answered.has(`${address}:${port}`));
}

/** The pooler's name and port, at which pgAdmin has to reach it. */
const poolerPlace = ({ deployed }: Pick<Target, "deployed">) => ({ address: deployed.pgbouncerAlias, port: deployed.listenPort });

/** Why pgAdmin does not reach the pooler, by where both are, and what brings it back. */
export function judgeUnreached(
    pooler: Pick<ContainerFacts, "name" | "networks">,
    pgadmin: Pick<ContainerFacts, "name" | "networks">,
    target: Pick<Target, "deployed" | "dockerCommand"> & { outputs: Pick<Target["outputs"], "networks"> },
): Outcome {
    const { address: alias, port } = poolerPlace(target);
    const { dockerCommand: docker } = target;
    const network = target.outputs.networks.sidecar;
    const saw = `pgAdmin does not reach the pooler at ${alias}:${port}`;
    // Not by an `up`: the provider does not see that a container has left a network, nor that it lost its alias there.
    const place = words(network, pooler.name);
    const connect = `${docker} network connect --alias ${alias} ${place}`;
    const there = pooler.networks[network];
    if (!there) return failed(`${saw}: ${pooler.name} is not on network ${network}`, connect);
    if (!pgadmin.networks[network])
        return failed(`${saw}: ${pgadmin.name} is not on network ${network}`, `${docker} network connect ${words(network, pgadmin.name)}`);
    if (!there.aliases.includes(alias))
        return failed(
            `${saw}: on network ${network}, ${pooler.name} does not answer to that name`,
            `${docker} network disconnect ${place} && ${connect}`,
        );
    return failed(
        `${saw}, though both are on network ${network}`,
        `${docker} logs --tail 20 ${words(pooler.name)}   (it says why it does not listen)`,
    );
}

/** Whether what pgAdmin reaches beside the pooler is what the settings give it. */
export function judgeReach(
    tried: number,
    reached: Place[],
    { deployed, outputs, stack }: Pick<Target, "deployed" | "outputs" | "stack">,
): Outcome {
    const { pgadminEgress, pgadminDomain, pgadminDirect, pgadminPort, proxyNetwork } = deployed;
    const { database } = outputs.networks;
    const shown = (places: Place[]) => [...new Set(places.map(({ what }) => what))].join(", ");
    if (pgadminEgress)
        return warning(`pgadminEgress is set: pgAdmin reaches ${shown(reached) || "none"} of ${tried} other places, and what is outside`);
    const given = (network?: string) =>
        network === undefined
            ? pgadminDomain !== "" // the proxy's network leads to the host
            : (network === proxyNetwork && pgadminDomain !== "") || (network === database && pgadminDirect);
    const wrong = reached.filter(({ network }) => !given(network));
    if (wrong.length > 0) {
        const byPort = wrong.some(({ network }) => network === undefined) && pgadminPort > 0;
        return warning(
            `pgAdmin reaches ${shown(wrong)}`,
            byPort
                ? `pulumi config rm --stack ${stack} pgadminPort   (a published port opens the way to the host; pgadminDomain does not need it)`
                : undefined,
        );
    }
    const which = reached.length > 0 ? `it reaches ${shown(reached)}, by a network that the settings give it` : "none answers";
    return ok(`${tried} other places were tried, and ${which}`);
}

export const isolationChecks: Check[] = [
    {
        id: "isolation",
        proves: "pgAdmin reaches the database only through the pooler, not by a network or a port of the host",
        run: async (target) => {
            const { pgadmin } = await both(target);
            if (!pgadmin) return noPgadmin;
            const databases = await findDatabases(target);
            return judgeIsolation(pgadmin, databases, await reached(target, pgadmin, databases), target);
        },
    },
    {
        id: "reach",
        proves: "pgAdmin reaches the pooler, and nothing beyond what the settings allow",
        run: async (target) => {
            const { pgbouncer, pgadmin } = await both(target);
            if (!pgadmin) return noPgadmin;
            const host = await findHost(target);
            const places = otherPlaces(host, [pgbouncer, pgadmin]);
            // verify's own sessions begin in the pooler's container, so they need no network that leads there.
            const pooler = { what: "the pooler", ...poolerPlace(target) };
            const reached = await reachable<Place>(target, pgadmin, [pooler, ...places]);
            if (!reached.includes(pooler)) return judgeUnreached(pgbouncer, pgadmin, target);
            return judgeReach(
                places.length,
                reached.filter((one) => one !== pooler),
                target,
            );
        },
    },
];

/** The database's containers: those that answer to its name on its network. */
async function findDatabases(target: Target): Promise<Found[]> {
    const host = await findHost(target);
    const { databaseHost } = target.deployed;
    return databasesOn(target.outputs.networks.database, host, { databaseHost }).map((one) => ({
        ...whereabouts(one),
        addresses: Object.values(one.networks).flatMap(({ addresses }) => addresses),
    }));
}

/** A container of the database: where it is, and its addresses there. */
interface Found extends Whereabouts {
    addresses: string[];
}

/** The addresses, as `host:port`, at which the database answers pgAdmin directly. Each is tried from inside pgAdmin's container. */
async function reached(target: Target, pgadmin: ContainerFacts, databases: Found[]): Promise<string[]> {
    const { databaseHost, databasePort } = target.deployed;
    const outside = databases.length === 0 && !isContainerName(databaseHost) ? [[databaseHost, databasePort]] : [];
    const within = databases.flatMap(({ addresses, published, onHost }) => [
        ...addresses.map((address) => [address, databasePort]),
        ...[
            ...published.filter(({ inside }) => inside === databasePort).map(({ port }) => port),
            ...(onHost ? [databasePort] : []),
        ].flatMap((port) => pgadmin.gateways.map((gateway) => [gateway, port])),
    ]);
    const tried = [...outside, ...within];
    const places = tried.map(([address, port]) => ({ address: String(address), port: Number(port) }));
    return (await reachable(target, pgadmin, places)).map(({ address, port }) => `${address}:${port}`);
}

/** Whether pgAdmin has a way past the pooler: a network that it shares with the database, or an address that answered. */
export function judgeIsolation(
    pgadmin: ContainerFacts,
    databases: Whereabouts[],
    reached: string[],
    target: Pick<Target, "deployed" | "dockerCommand"> & { outputs: Pick<Target["outputs"], "networks"> },
): Outcome {
    const networks = Object.keys(pgadmin.networks);
    const saw = `pgAdmin is on ${networks.join(", ")}`;
    const { databaseHost, databasePort, pgadminDirect, pgadminDomain } = target.deployed;
    const { database: network } = target.outputs.networks;
    if (pgadminDirect)
        return warning(`${saw}, because pgadminDirect is set: each tab on the direct entry holds a backend that no budget counts`);
    // Somebody connected it by hand. With a domain, the database's network may also be the proxy's.
    if (networks.includes(network) && networks.length > (pgadminDomain === "" ? 1 : 2))
        return failed(saw, `${target.dockerCommand} network disconnect ${words(network, pgadmin.name)}`);
    const ways = databases.flatMap((database) => bypasses(networks, database, databasePort, target.dockerCommand));
    const open = reached.length > 0 ? `; it reaches the database past the pooler at ${reached.join(", ")}` : "";
    // What counts is what answered: a firewall may close a known way, and an unknown way may be open.
    if (ways.length > 0 && open !== "") return warning(`${saw}${open}: by ${ways.map(({ by }) => by).join("; by ")}`, ways[0]!.fix);
    if (open !== "") return warning(saw + open);
    if (databases.length === 0 && isContainerName(databaseHost))
        return skipped(`${saw}; no container answers to ${databaseHost}, so it is unknown what pgAdmin reaches`);
    return ok(`${saw}, and no way past the pooler is open`);
}
