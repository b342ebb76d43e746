import { stackLabel } from "../../components/labels";
import { get } from "../../host/engine";
import { once } from "./check";
import { Target } from "./target";

/** What verify wants to know of one container. */
export interface ContainerFacts {
    name: string;
    image: string;
    running: boolean;
    /** ISO time of its last start. */
    startedAt: string;
    /** `healthy`, `unhealthy`, `starting`, or "" without a health check. */
    health: string;
    /** What its last health check printed. */
    healthSaid: string;
    restarts: number;
    /** Its addresses by network. */
    networks: Record<string, string[]>;
    /** The host's addresses on its networks. */
    gateways: string[];
    /** What it publishes on the host, as `address:port`. */
    published: string[];
}

interface Inspected {
    Name: string;
    Image: string;
    RestartCount: number;
    State: { Running: boolean; StartedAt: string; Health?: { Status: string; Log: { Output: string }[] | null } };
    NetworkSettings: {
        Networks: Record<string, { IPAddress: string; GlobalIPv6Address: string; Gateway: string }>;
        Ports: Record<string, { HostIp: string; HostPort: string }[] | null> | null;
    };
}

/** Seconds that a container which has just started is given to become healthy. */
const startTimeout = 60;

/** All containers that carry the stack's mark, running or not. */
export const findContainers = once(async (on: Target): Promise<ContainerFacts[]> => {
    const deadline = Date.now() + startTimeout * 1000;
    for (;;) {
        const found = await inspectAll(on);
        if (Date.now() > deadline || !found.some(({ health }) => health === "starting")) return found;
        await new Promise((resolve) => setTimeout(resolve, 1000));
    }
});

async function inspectAll(on: Target): Promise<ContainerFacts[]> {
    const filters = encodeURIComponent(JSON.stringify({ label: [`${stackLabel}=${on.owner}`] }));
    const listed = (await get<{ Id: string }[]>(on.docker, `/containers/json?all=true&filters=${filters}`)) ?? [];
    const found: ContainerFacts[] = [];
    // One after the other: over ssh each is a connection, and sshd takes few at once.
    for (const { Id } of listed) {
        const one = await get<Inspected>(on.docker, `/containers/${Id}/json`);
        if (one) found.push(factsOf(one));
    }
    return found;
}

export async function findContainer(on: Target, name: string): Promise<ContainerFacts | undefined> {
    return (await findContainers(on)).find((one) => one.name === name);
}

function factsOf({ Name, Image, RestartCount, State, NetworkSettings }: Inspected): ContainerFacts {
    return {
        name: Name.replace(/^\//, ""),
        image: Image,
        running: State.Running,
        startedAt: State.StartedAt,
        health: State.Health?.Status ?? "",
        healthSaid: State.Health?.Log?.at(-1)?.Output.trim() ?? "",
        restarts: RestartCount,
        networks: Object.fromEntries(
            Object.entries(NetworkSettings.Networks).map(([network, { IPAddress, GlobalIPv6Address }]) => [
                network,
                [IPAddress, GlobalIPv6Address].filter(Boolean),
            ]),
        ),
        gateways: Object.values(NetworkSettings.Networks).flatMap(({ Gateway }) => Gateway || []),
        published: Object.values(NetworkSettings.Ports ?? {}).flatMap((all) =>
            (all ?? []).map(({ HostIp, HostPort }) => `${HostIp}:${HostPort}`),
        ),
    };
}
