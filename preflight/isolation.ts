import { ContainerFacts, PublishedPort } from "../host/containers";
import { shellWord } from "../findings/quoting";

/** A container's places: its networks, and what it publishes on the host. */
export interface Whereabouts {
    name: string;
    networks: string[];
    /** Whether it uses the host's network. */
    onHost: boolean;
    /** Ports of the host that lead to a port of it. */
    published: PublishedPort[];
}

/** A container's places, by its facts. */
export const whereabouts = ({ name, networks, networkMode, published }: ContainerFacts): Whereabouts => ({
    name,
    networks: Object.keys(networks),
    onHost: networkMode === "host",
    published,
});

/** One way by which a container on `networks` reaches the database without the pooler, and what closes it. */
export interface Bypass {
    /** What it is, as part of a sentence: `network coolify, …`. */
    by: string;
    fix: string;
    /** The network, if it is one. */
    network?: string;
}

const loopback = /^(127\.|::1$)/;

/** The ways by which pgAdmin, on these networks, reaches the database past the pooler. */
export function bypasses(networks: string[], database: Whereabouts, databasePort: number, docker: string): Bypass[] {
    const { name } = database;
    const ways: Bypass[] = networks
        .filter((network) => database.networks.includes(network))
        .map((network) => ({
            network,
            by: `network ${network}, which ${name} is on too`,
            fix: `${docker} network disconnect ${shellWord(network)} ${shellWord(name)}   (in Coolify, also turn off "Connect To Predefined Network" for the database; clients that reach it there no longer do)`,
        }));
    const open = database.published.filter(({ inside, address }) => inside === databasePort && !loopback.test(address));
    for (const port of new Set(open.map((one) => one.port))) {
        ways.push({
            by: `port ${port} of the host, on which ${name} is published beyond the loopback`,
            fix: `publish it as 127.0.0.1:${port}:${databasePort} and redeploy the database   (clients on other machines no longer reach it)`,
        });
    }
    if (database.onHost) {
        ways.push({
            by: `port ${databasePort} of the host, whose network ${name} uses`,
            fix: `give ${name} a network of its own in place of network_mode: host`,
        });
    }
    return ways;
}
