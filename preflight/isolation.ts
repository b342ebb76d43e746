/** A container's places: its addresses by network, and what it publishes on the host. */
export interface Whereabouts {
    name: string;
    networks: string[];
    /** Whether the host's network is its own. */
    onHost: boolean;
    /** Ports of the host that lead to a port of it. */
    published: Published[];
}

export interface Published {
    /** Port of the container. */
    inside: number;
    /** Address of the host; "0.0.0.0", "::" or "" for all of them. */
    address: string;
    /** Port of the host. */
    port: number;
}

/** One way by which a container on `networks` reaches the database without the pooler, and what closes it. */
export interface Bypass {
    /** What it is, as part of a sentence: `network coolify, …`. */
    by: string;
    fix: string;
    /** The network, where it is one. */
    network?: string;
}

const loopback = /^(127\.|::1$)/;

/** The ways by which pgAdmin, on these networks, reaches the database past the pooler. */
export function bypasses(networks: string[], database: Whereabouts, databasePort: number, docker: string): Bypass[] {
    const { name } = database;
    const found: Bypass[] = networks
        .filter((network) => database.networks.includes(network))
        .map((network) => ({
            network,
            by: `network ${network}, which ${name} is on too`,
            fix: `${docker} network disconnect ${network} ${name}   (in Coolify, also turn off "Connect To Predefined Network" for the database; who reaches it there loses it)`,
        }));
    const open = database.published.filter(({ inside, address }) => inside === databasePort && !loopback.test(address));
    for (const port of new Set(open.map((one) => one.port))) {
        found.push({
            by: `port ${port} of the host, on which ${name} is published to more than its loopback`,
            fix: `publish it as 127.0.0.1:${port}:${databasePort} and deploy the database again   (who reaches it from other machines loses it)`,
        });
    }
    if (database.onHost) {
        found.push({
            by: `port ${databasePort} of the host, whose network is ${name}'s own`,
            fix: `give ${name} a network of its own in place of network_mode: host`,
        });
    }
    return found;
}
