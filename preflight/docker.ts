import { execFile } from "child_process";
import * as net from "net";
import { promisify } from "util";
import { stackLabel } from "../components/labels";
import { DockerHost, Settings } from "../settings/settings";
import { get, dockerCommand, explainUnreachableEngine } from "../host/engine";
import { error, Finding, warning } from "../findings/finding";
import { bypasses, Published, Whereabouts } from "./isolation";
import { sshArguments } from "../host/ssh";
import { answering, judgeAliases, judgeDatabaseHost, nameDatabase } from "./names";
import { OwnedResources } from "./state";

/** What the preflight wants to know of one container. */
export interface ContainerFacts {
    id: string;
    name: string;
    /** The stack that made it, `project/stack`. */
    owner?: string;
    running: boolean;
    /** `healthy`, `unhealthy`, `starting`, or "" without a health check. */
    health: string;
    /** What its last health check printed. */
    healthSaid: string;
    /** As in `docker run --network`; `container:ID` if it shares another's. */
    networkMode: string;
    /** The networks it is on, by name. */
    networks: Record<string, Endpoint>;
    volumes: string[];
    /** Ports it holds on the host. */
    hostPorts: number[];
    /** What it publishes while it runs. */
    published: Published[];
    /** Its own ports that its image names. */
    exposes: number[];
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
    State: { Running: boolean; Health?: { Status: string; Log: { Output: string }[] | null } };
    Config: { Labels: Record<string, string> | null; ExposedPorts?: Record<string, unknown> | null };
    Mounts: { Type: string; Name?: string }[];
    HostConfig: { NetworkMode: string; PortBindings: Record<string, { HostPort: string }[] | null> | null };
    NetworkSettings: {
        Networks: Record<string, { Aliases: string[] | null; IPAddress: string }>;
        Ports: Record<string, { HostIp: string; HostPort: string }[] | null> | null;
    };
}

/** Asks the engine, reading only. */
export async function inspectHost(docker: DockerHost): Promise<HostFacts> {
    const networks = (await get<{ Id: string; Name: string; Labels: Record<string, string> | null }[]>(docker, "/networks")) ?? [];
    const listed = (await get<{ Id: string }[]>(docker, "/containers/json?all=true")) ?? [];
    const containers: ContainerFacts[] = [];
    for (const { Id } of listed) {
        // One after the other: over ssh each is a connection, and sshd takes few at once.
        const one = await get<Inspected>(docker, `/containers/${Id}/json`);
        if (one) containers.push(factsOf(Id, one)); // else it is gone since
    }
    return {
        networks: networks.map(({ Id, Name, Labels }) => {
            const owner = Labels?.[stackLabel];
            return { id: Id, name: Name, ...(owner ? { owner } : {}) };
        }),
        containers,
    };
}

function factsOf(id: string, { Name, State, Config, Mounts, HostConfig, NetworkSettings }: Inspected): ContainerFacts {
    const owner = Config.Labels?.[stackLabel];
    return {
        id,
        name: Name.replace(/^\//, ""),
        ...(owner ? { owner } : {}),
        running: State.Running,
        health: State.Health?.Status ?? "",
        healthSaid: State.Health?.Log?.at(-1)?.Output.trim() ?? "",
        networkMode: HostConfig.NetworkMode,
        networks: Object.fromEntries(
            Object.entries(NetworkSettings.Networks).map(([network, { Aliases, IPAddress }]) => [
                network,
                { aliases: Aliases ?? [], address: IPAddress },
            ]),
        ),
        volumes: Mounts.flatMap((mount) => (mount.Type === "volume" && mount.Name ? [mount.Name] : [])),
        hostPorts: Object.values(HostConfig.PortBindings ?? {}).flatMap((bindings) =>
            (bindings ?? []).map(({ HostPort }) => Number(HostPort)),
        ),
        published: publishedOf(NetworkSettings.Ports),
        exposes: Object.keys(Config.ExposedPorts ?? {}).map((port) => parseInt(port, 10)),
    };
}

/** What the engine says of a container's published ports. */
export function publishedOf(ports: Inspected["NetworkSettings"]["Ports"]): Published[] {
    return Object.entries(ports ?? {}).flatMap(([inside, bindings]) =>
        (bindings ?? []).map(({ HostIp, HostPort }) => ({ inside: parseInt(inside, 10), address: HostIp, port: Number(HostPort) })),
    );
}

/** A container's places, by its facts. */
export const whereabouts = ({ name, networks, networkMode, published }: ContainerFacts): Whereabouts => ({
    name,
    networks: Object.keys(networks),
    onHost: networkMode === "host",
    published,
});

/** The containers that are the database by name on a network, the running ones if any is. */
export function databasesOn(network: string, facts: HostFacts, { databaseHost }: Pick<Settings, "databaseHost">): ContainerFacts[] {
    const all = answering(databaseHost, network, facts);
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
    if (candidates.length === 0) {
        const nameless = facts.containers.find((one) => one.name === databaseHost && isNameless(one));
        if (nameless) return whyNameless(nameless, facts, settings);
    }
    // Coolify may put it on the proxy's network as well, where every other service is.
    const [only, ...others] = candidates.length > 1 ? candidates.filter((name) => name !== proxyNetwork) : candidates;
    if (only !== undefined && others.length === 0) return only;
    const what =
        only === undefined
            ? `no container on ${docker.host} answers to ${databaseHost}`
            : `${databaseHost} is on more than one network of ${docker.host}: ${candidates.join(", ")}`;
    return error(
        only === undefined
            ? `databaseHost: ${what}. Fix: ${nameDatabase(facts.containers)}`
            : `databaseNetwork: ${what}. Fix: pulumi config set databaseNetwork ${only}, or another of them`,
    );
}

/** The network that is proposed for a database which has none where names work. */
const proposed = "pg-sidecar-database";

/** How a running database gets a network of its own, with no restart of anything. */
function ownNetwork({ name }: ContainerFacts, facts: HostFacts, databaseHost: string, cli: string): string {
    return `${createProposed(facts, cli)}${cli} network connect --alias ${databaseHost} ${proposed} ${name}; pulumi config set databaseNetwork ${proposed}`;
}

const createProposed = (facts: HostFacts, cli: string) =>
    facts.networks.some(({ name }) => name === proposed) ? "" : `${cli} network create ${proposed}; `;

/** Whether a container is on no network on which others find it by name. */
const isNameless = ({ networks }: ContainerFacts) => Object.keys(networks).every((name) => dockersOwn.includes(name));

/** How a database comes to be found by name, or, if it can't be, by an address; each way was played. */
function whyNameless(database: ContainerFacts, facts: HostFacts, { databaseHost, docker }: Settings): Finding {
    const { name, networkMode } = database;
    const cli = dockerCommand(docker);
    if (networkMode.startsWith("container:")) {
        const other = facts.containers.find(({ id }) => id === networkMode.slice("container:".length));
        const network = Object.keys(other?.networks ?? {}).find((one) => !dockersOwn.includes(one));
        const what = `databaseNetwork: container ${name} has the network of ${other?.name ?? "a container that is gone"}, and no name of its own there`;
        if (!other || !network) return error(`${what}. Fix: deploy it with a network of its own`);
        return error(`${what}. Fix: pulumi config set databaseHost ${other.name}; pulumi config set databaseNetwork ${network}`);
    }
    if (networkMode === "host") {
        const gateway = `$(${cli} network inspect -f '{{(index .IPAM.Config 0).Gateway}}' ${proposed})`;
        return error(
            `databaseNetwork: container ${name} has the host's own network (network_mode: host), so it has no name on any other, and the engine connects it to none. ` +
                `Fix: let the pooler reach it by the host's address on a network: ${createProposed(facts, cli)}pulumi config set databaseNetwork ${proposed}; pulumi config set databaseHost ${gateway}   ` +
                `(the database has to listen there: listen_addresses, pg_hba.conf and the host's firewall)`,
        );
    }
    const own = Object.keys(database.networks)[0] ?? networkMode;
    return error(
        `databaseNetwork: ${databaseHost} is only on ${own}, a network of Docker's own, where containers don't find each other by name. ` +
            `Fix, with no restart of anything: ${own === "none" ? `${cli} network disconnect none ${name}; ` : ""}${ownNetwork(database, facts, databaseHost, cli)}`,
    );
}

/** What speaks against bringing the stack up on this host, beside what its state has. */
export function judgeHost(facts: HostFacts, settings: Settings, known: Pick<OwnedResources, "owner" | "ids">): Finding[] {
    const { databaseNetwork, pgadminVolume, pgadminPort, docker } = settings;
    const found: Finding[] = [];
    const networks = facts.networks.map((network) => network.name);
    if (dockersOwn.includes(databaseNetwork)) {
        const database = facts.containers.find(({ name }) => name === settings.databaseHost);
        found.push(
            database && isNameless(database)
                ? whyNameless(database, facts, settings)
                : error(
                      `databaseNetwork: it is ${databaseNetwork}, a network of Docker's own, where containers don't find each other by name. ` +
                          `Fix: pulumi config rm databaseNetwork   (it is looked up, by databaseHost)`,
                  ),
        );
    } else if (!networks.includes(databaseNetwork)) {
        const there = networks.filter((name) => !dockersOwn.includes(name));
        found.push(
            error(
                `databaseNetwork: there is no network ${databaseNetwork} on ${docker.host}, only ${there.join(", ") || "Docker's own"}. ` +
                    `Fix: pulumi config rm databaseNetwork   (it is looked up, by databaseHost), or: pulumi config set databaseNetwork NETWORK`,
            ),
        );
    } else {
        found.push(...judgeDatabaseHost(facts, settings));
    }
    if (settings.pgadminDomain !== "" && !networks.includes(settings.proxyNetwork)) {
        found.push(
            error(
                `proxyNetwork: there is no network ${settings.proxyNetwork} on ${docker.host} for the proxy to serve ${settings.pgadminDomain} on. ` +
                    `Fix: pulumi config set proxyNetwork NETWORK   (docker inspect -f '{{json .NetworkSettings.Networks}}' PROXY-CONTAINER tells it), ` +
                    `or serve pgAdmin without a proxy: pulumi config rm pgadminDomain`,
            ),
        );
    }
    found.push(...judgeIsolation(facts, settings, known.owner));
    const others = facts.containers.filter(({ id, owner }) => owner !== known.owner && !known.ids.includes(id));
    const whose = ({ name, owner: other }: ContainerFacts) => `container ${name}${other ? ` of stack ${other}` : ""}`;
    const settle = (key: string, value: string, what: string, clash: ContainerFacts | undefined) => {
        if (clash)
            found.push(
                error(
                    `${key}: ${what} is already that of ${whose(clash)} on ${docker.host}. ` +
                        `Fix: pulumi config set ${key} ${value}, or: ${dockerCommand(docker)} stop ${clash.name}`,
                ),
            );
    };
    found.push(...judgeAliases(facts, settings, known));
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

/** Ways by which pgAdmin would reach the database past the pooler; with a direct entry it is meant to. */
function judgeIsolation(facts: HostFacts, settings: Settings, owner: string): Finding[] {
    const { databaseHost, databaseNetwork, databasePort, pgadminDirect, pgadminDomain, proxyNetwork, docker } = settings;
    if (pgadminDirect) return [];
    const cli = dockerCommand(docker);
    const own = facts.networks.filter((one) => one.owner === owner).map(({ name }) => name);
    const networks = [...own, ...(pgadminDomain === "" ? [] : [proxyNetwork])];
    return databasesOn(databaseNetwork, facts, settings).flatMap((database) =>
        bypasses(networks, whereabouts(database), databasePort, cli).map(({ by, fix, network }) => {
            const apart = `give the database a network of its own: ${ownNetwork(database, facts, databaseHost, cli)}; then bring the stack up and: `;
            return warning(
                `pgAdmin can reach the database past the pooler, where no budget counts its connections: by ${by}. ` +
                    `Fix: ${network === databaseNetwork ? apart : ""}${fix}`,
            );
        }),
    );
}

/** A program outside Docker may hold pgAdmin's port as well: found on this very machine, and over ssh. */
export async function judgePort(facts: HostFacts, { pgadminPort, docker }: Settings): Promise<Finding[]> {
    if (pgadminPort === 0 || facts.containers.some((one) => one.running && one.hostPorts.includes(pgadminPort))) return [];
    const taken = docker.host.startsWith("unix:")
        ? await isTaken(pgadminPort)
        : docker.host.startsWith("ssh:") && listensOn(await listeners(docker), pgadminPort);
    if (!taken) return [];
    const where = docker.host.startsWith("unix:") ? "this machine" : docker.host;
    return [
        error(
            `pgadminPort: a program on ${where} already listens on port ${pgadminPort}. ` +
                `Fix: pulumi config set pgadminPort ${pgadminPort + 1}   (or stop that one)`,
        ),
    ];
}

/** Whether, by Linux's table of TCP sockets, something listens on this port of the loopback's or of all addresses. */
export function listensOn(table: string, port: number): boolean {
    const hex = port.toString(16).toUpperCase().padStart(4, "0");
    const listening = "0A";
    return table.split("\n").some((line) => {
        const [, local = "", , state] = line.trim().split(/\s+/);
        return state === listening && new RegExp(`^(0100007F|0{8}|0{32}):${hex}$`).test(local);
    });
}

/** That table on the ssh host; nothing where the login may not read it. */
async function listeners(docker: DockerHost): Promise<string> {
    const read = sshArguments(docker, ["cat", "/proc/net/tcp", "/proc/net/tcp6"]);
    return (await promisify(execFile)("ssh", read).catch(() => ({ stdout: "" }))).stdout;
}

/** What to say of an engine that can't be reached: an error in a preview too, since the networks' lookup fails there with a stack trace. */
export function whyNoEngine(cause: Error, { docker, stack }: Settings): Finding {
    const { what, remedy } = explainUnreachableEngine(docker, stack, cause);
    return error(`${what}. Fix: ${remedy}`);
}

function isTaken(port: number): Promise<boolean> {
    return new Promise((resolve) => {
        const server = net.createServer();
        server.once("error", (cause: NodeJS.ErrnoException) => resolve(cause.code === "EADDRINUSE"));
        server.listen(port, "127.0.0.1", () => server.close(() => resolve(false)));
    });
}
