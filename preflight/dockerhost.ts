import * as net from "net";
import { stackLabel } from "../components/labels";
import { DockerHost, Settings } from "../settings";
import { ask, unreached } from "./engine";
import { error, Finding, warning } from "./finding";
import { Known } from "./state";

/** What the preflight wants to know of one container. */
export interface ContainerFacts {
    id: string;
    name: string;
    /** The stack that made it, `project/stack`. */
    owner?: string;
    running: boolean;
    /** The networks it is on, by name. */
    networks: Record<string, Endpoint>;
    volumes: string[];
    /** Ports it holds on the host. */
    hostPorts: number[];
}

/** A container's place on a network. */
export interface Endpoint {
    /** Names it answers to there. */
    aliases: string[];
    /** "" where it has none, as it doesn't run. */
    address: string;
}

export interface NetworkFacts {
    id: string;
    name: string;
    /** The stack that made it, `project/stack`. */
    owner?: string;
}

export interface HostFacts {
    networks: NetworkFacts[];
    containers: ContainerFacts[];
}

const dockersOwn = ["bridge", "host", "none"];

interface Inspected {
    Name: string;
    State: { Running: boolean };
    Config: { Labels: Record<string, string> | null };
    Mounts: { Type: string; Name?: string }[];
    HostConfig: { PortBindings: Record<string, { HostPort: string }[] | null> | null };
    NetworkSettings: { Networks: Record<string, { Aliases: string[] | null; IPAddress: string }> };
}

/** Asks the engine, reading only. */
export async function inspectHost(docker: DockerHost): Promise<HostFacts> {
    const networks = (await ask<{ Id: string; Name: string; Labels: Record<string, string> | null }[]>(docker, "/networks")) ?? [];
    const listed = (await ask<{ Id: string }[]>(docker, "/containers/json?all=true")) ?? [];
    const containers: ContainerFacts[] = [];
    for (const { Id } of listed) {
        // One after the other: over ssh each is a connection, and sshd takes few at once.
        const one = await ask<Inspected>(docker, `/containers/${Id}/json`);
        if (!one) continue; // gone since
        const owner = one.Config.Labels?.[stackLabel];
        containers.push({
            id: Id,
            name: one.Name.replace(/^\//, ""),
            ...(owner ? { owner } : {}),
            running: one.State.Running,
            networks: Object.fromEntries(
                Object.entries(one.NetworkSettings.Networks).map(([network, { Aliases, IPAddress }]) => [
                    network,
                    { aliases: Aliases ?? [], address: IPAddress },
                ]),
            ),
            volumes: one.Mounts.flatMap((mount) => (mount.Type === "volume" && mount.Name ? [mount.Name] : [])),
            hostPorts: Object.values(one.HostConfig.PortBindings ?? {}).flatMap((bindings) =>
                (bindings ?? []).map(({ HostPort }) => Number(HostPort)),
            ),
        });
    }
    return {
        networks: networks.map(({ Id, Name, Labels }) => {
            const owner = Labels?.[stackLabel];
            return { id: Id, name: Name, ...(owner ? { owner } : {}) };
        }),
        containers,
    };
}

const answersTo = ({ name, networks }: ContainerFacts, host: string, network: string) =>
    name === host || (networks[network]?.aliases.includes(host) ?? false);

/** The containers that are the database by name on a network, the running ones if any is. */
export function databasesOn(network: string, { containers }: HostFacts, { databaseHost }: Settings): ContainerFacts[] {
    const all = containers.filter((one) => one.networks[network] && answersTo(one, databaseHost, network));
    const running = all.filter((one) => one.running);
    return running.length > 0 ? running : all;
}

/** The database's network: the one that was set, else the one on which a container is the database by name; or why there is none. */
export function findDatabaseNetwork(facts: HostFacts, settings: Settings): string | Finding {
    const { databaseNetwork, databaseHost, proxyNetwork, docker } = settings;
    if (databaseNetwork !== "") return databaseNetwork;
    const found = facts.networks.flatMap(({ name, owner }) => {
        const [database] = dockersOwn.includes(name) || owner !== undefined ? [] : databasesOn(name, facts, settings);
        return database ? [{ name, running: database.running }] : [];
    });
    const running = found.filter((one) => one.running);
    const candidates = (running.length > 0 ? running : found).map(({ name }) => name);
    const nameless = dockersOwn.find((name) => databasesOn(name, facts, settings).length > 0);
    if (candidates.length === 0 && nameless !== undefined) return whyNameless(`${databaseHost} is only on ${nameless}`, settings);
    // Coolify may put it on the proxy's network as well, where every other service is.
    const [only, ...others] = candidates.length > 1 ? candidates.filter((name) => name !== proxyNetwork) : candidates;
    if (only !== undefined && others.length === 0) return only;
    const what =
        only === undefined
            ? `no container on ${docker.host} answers to ${databaseHost}`
            : `${databaseHost} is on more than one network of ${docker.host}: ${candidates.join(", ")}`;
    return error(
        `databaseNetwork: ${what}. Mend it: pulumi config set databaseNetwork NETWORK` +
            (only === undefined ? `, pulumi config set databaseHost NAME, or start the database` : ""),
    );
}

/** How a running database gets a network of its own. */
const ownNetwork = ({ databaseHost }: Settings) =>
    `docker network create NETWORK; docker network connect --alias ${databaseHost} NETWORK DATABASE-CONTAINER; ` +
    `pulumi config set databaseNetwork NETWORK`;

const whyNameless = (what: string, settings: Settings) =>
    error(
        `databaseNetwork: ${what}, a network of Docker's own, where containers don't find each other by name. ` +
            `Mend it, with no restart of anything: ${ownNetwork(settings)}`,
    );

/** What speaks against bringing the stack up on this host, beside what its state has. */
export function judgeHost(facts: HostFacts, settings: Settings, known: Pick<Known, "owner" | "ids">): Finding[] {
    const { databaseNetwork, pgbouncerAlias, pgadminVolume, pgadminPort, docker } = settings;
    const found: Finding[] = [];
    const networks = facts.networks.map((network) => network.name);
    if (dockersOwn.includes(databaseNetwork)) found.push(whyNameless(`it is ${databaseNetwork}`, settings));
    else if (!networks.includes(databaseNetwork)) {
        const there = networks.filter((name) => !dockersOwn.includes(name));
        found.push(
            error(
                `databaseNetwork: there is no network ${databaseNetwork} on ${docker.host}, only ${there.join(", ") || "Docker's own"}. ` +
                    `Mend it: pulumi config set databaseNetwork NETWORK   (docker inspect -f '{{json .NetworkSettings.Networks}}' DATABASE-CONTAINER tells it)`,
            ),
        );
    }
    if (settings.pgadminDomain !== "" && !networks.includes(settings.proxyNetwork)) {
        found.push(
            error(
                `proxyNetwork: there is no network ${settings.proxyNetwork} on ${docker.host} for the proxy to serve ${settings.pgadminDomain} on. ` +
                    `Mend it: pulumi config set proxyNetwork NETWORK   (docker inspect -f '{{json .NetworkSettings.Networks}}' PROXY-CONTAINER tells it), ` +
                    `or serve pgAdmin without a proxy: pulumi config rm pgadminDomain`,
            ),
        );
    }
    if (settings.pgadminDomain !== "" && settings.proxyNetwork === databaseNetwork && !settings.pgadminDirect) {
        found.push(
            warning(
                `proxyNetwork: ${databaseNetwork} is the database's network too, so pgAdmin can reach the database past the pooler. ` +
                    `To keep them apart, give the database one of its own: ${ownNetwork(settings)}`,
            ),
        );
    }
    const others = facts.containers.filter(({ id, owner }) => owner !== known.owner && !known.ids.includes(id));
    const whose = ({ name, owner: other }: ContainerFacts) => `container ${name}${other ? ` of stack ${other}` : ""}`;
    const settle = (key: string, value: string, what: string, clash: ContainerFacts | undefined) => {
        if (clash)
            found.push(
                error(
                    `${key}: ${what} is already that of ${whose(clash)} on ${docker.host}. Mend it: pulumi config set ${key} ${value}   (or stop that one)`,
                ),
            );
    };
    settle(
        "pgbouncerAlias",
        `${pgbouncerAlias}-${settings.stack}`,
        `the name ${pgbouncerAlias} on network ${databaseNetwork}`,
        others.find((one) => one.networks[databaseNetwork]?.aliases.includes(pgbouncerAlias)),
    );
    settle(
        "pgadminVolume",
        `${pgadminVolume}-${settings.stack}`,
        `the volume ${pgadminVolume}`,
        others.find((one) => one.running && one.volumes.includes(pgadminVolume)),
    );
    if (pgadminPort > 0) {
        settle(
            "pgadminPort",
            String(pgadminPort + 1),
            `port ${pgadminPort}`,
            others.find((one) => one.running && one.hostPorts.includes(pgadminPort)),
        );
    }
    return found;
}

/** On this very machine a program outside Docker may hold pgAdmin's port as well. */
export async function judgePort(facts: HostFacts, { pgadminPort, docker }: Settings): Promise<Finding[]> {
    const held = facts.containers.some((one) => one.running && one.hostPorts.includes(pgadminPort));
    if (pgadminPort === 0 || !docker.host.startsWith("unix:") || held || !(await isTaken(pgadminPort))) return [];
    return [
        error(
            `pgadminPort: a program on this machine already listens on port ${pgadminPort}. ` +
                `Mend it: pulumi config set pgadminPort ${pgadminPort + 1}   (or stop that one)`,
        ),
    ];
}

/** What to say of an engine that can't be reached: an error in a preview too, since the networks' lookup fails there with a stack trace. */
export function whyNoEngine(cause: Error, { docker, stack }: Settings): Finding {
    const { what, remedy } = unreached(docker, stack, cause);
    return error(`${what}. Mend it: ${remedy}`);
}

function isTaken(port: number): Promise<boolean> {
    return new Promise((resolve) => {
        const server = net.createServer();
        server.once("error", (cause: NodeJS.ErrnoException) => resolve(cause.code === "EADDRINUSE"));
        server.listen(port, "127.0.0.1", () => server.close(() => resolve(false)));
    });
}
