import { stackLabel } from "../components/labels";
import { DockerHost } from "../settings/settings";
import { get, post, remove, request } from "./engine";
import { demultiplex } from "./exec";
import { rejectGone } from "./gone";
import { runTasks } from "./tasks";

/** What is known of one container. */
export interface ContainerFacts {
    id: string;
    name: string;
    /** The stack that made it, `project/stack`. */
    owner?: string;
    /** Id of its image. */
    image: string;
    /** Its environment, as `NAME=value`. */
    env: string[];
    /** As the engine calls it: `running`, `restarting`, `exited` … */
    status: string;
    running: boolean;
    exitCode: number;
    /** Why the engine could not start it, or "". */
    engineError: string;
    /** ISO time of its last start. */
    startedAt: string;
    restarts: number;
    /** `healthy`, `unhealthy`, `starting`, or "" without a health check. */
    health: string;
    /** What its last health check printed. */
    healthOutput: string;
    /** As in `docker run --network`; `container:ID` if it shares another's. */
    networkMode: string;
    /** As in `docker run --hostname`; the start of its id by default. It answers to it on its networks. */
    hostname: string;
    /** The networks it is on, by name. */
    networks: Record<string, Endpoint>;
    /** The host's addresses on its networks. */
    gateways: string[];
    /** Names of its volumes. */
    volumes: string[];
    /** Those of them that it may write: a backup's container mounts its volumes read-only. */
    writableVolumes: string[];
    /** TCP ports that it holds at the host's loopback or at all addresses, running or not. */
    hostPorts: number[];
    /** What it publishes on the host while it runs. */
    published: PublishedPort[];
    /** Its own ports that its image names. */
    exposes: number[];
    confinement: Confinement;
}

/** What keeps a container from harming its host. */
export interface Confinement {
    /** Whether nobody can write its root. */
    readOnly: boolean;
    /** Whether it has a capability that the engine gives by default, or more. */
    capabilities: boolean;
    /** Whether a program in it can gain privileges. */
    newPrivileges: boolean;
    privileged: boolean;
    /** Bytes; 0 for no limit. */
    memory: number;
    /** Processes and threads; 0 for no limit. */
    pids: number;
}

/** A container's place on a network. */
export interface Endpoint {
    /** Names it answers to there; its own name and the start of its id may be among them. */
    aliases: string[];
    /** Its addresses there, IPv4 first; none while it doesn't run. */
    addresses: string[];
}

/** A port of the host that leads to a port of a container. */
export interface PublishedPort {
    /** Port of the container. */
    inside: number;
    /** Address of the host; "0.0.0.0", "::" or "" for all of them. */
    address: string;
    /** Port of the host. */
    port: number;
}

/** A container as the engine lists it. */
export interface ListedContainer {
    Id: string;
    Names: string[];
    Image: string;
    Command: string;
    Labels: Record<string, string> | null;
    NetworkSettings: { Networks: Record<string, unknown> } | null;
}

/** A listed container's name. */
export const nameOf = ({ Names }: Pick<ListedContainer, "Names">) => (Names[0] ?? "").replace(/^\//, "");

export interface NetworkFacts {
    id: string;
    name: string;
    /** The stack that made it, `project/stack`. */
    owner?: string;
    /** Whether it is a network that leads nowhere, not even to a port of the host. */
    internal?: boolean;
}

export interface HostFacts {
    networks: NetworkFacts[];
    containers: ContainerFacts[];
}

/** A container as the engine describes it. */
interface InspectedContainer {
    Id: string;
    Name: string;
    Image: string;
    RestartCount: number;
    State: {
        Status: string;
        Running: boolean;
        ExitCode: number;
        Error: string;
        StartedAt: string;
        Health?: { Status: string; Log: { Output: string }[] | null };
    };
    Config: {
        Env: string[] | null;
        Labels: Record<string, string> | null;
        ExposedPorts?: Record<string, unknown> | null;
        Hostname?: string;
        StopTimeout?: number | null;
    };
    Mounts: { Type: string; Name?: string; RW?: boolean }[];
    HostConfig: {
        NetworkMode: string;
        PortBindings: PortMap | null;
        ReadonlyRootfs: boolean;
        CapAdd: string[] | null;
        CapDrop: string[] | null;
        SecurityOpt: string[] | null;
        Privileged: boolean;
        Memory: number;
        PidsLimit: number | null;
    };
    NetworkSettings: {
        Networks: Record<
            string,
            {
                Aliases: string[] | null;
                DNSNames?: string[] | null;
                IPAddress: string;
                GlobalIPv6Address: string;
                Gateway: string;
                IPv6Gateway?: string;
            }
        >;
        Ports: PortMap | null;
    };
}

/** A network as the engine describes it. */
interface InspectedNetwork {
    Id: string;
    Name: string;
    Labels: Record<string, string> | null;
    Internal?: boolean;
}

/** By the container's port, such as `5432/tcp`. */
type PortMap = Record<string, { HostIp: string; HostPort: string }[] | null>;

/** Lists the containers, running or not, that carry a stack's label; without a stack, all of them. */
export async function listContainers(docker: DockerHost, owner?: string): Promise<ListedContainer[]> {
    const filters = owner === undefined ? "" : `&filters=${encodeURIComponent(JSON.stringify({ label: [`${stackLabel}=${owner}`] }))}`;
    return (await get<ListedContainer[]>(docker, `/containers/json?all=true${filters}`)) ?? [];
}

/** A container by its id or name; undefined if there is none. */
export async function inspectContainer(docker: DockerHost, id: string): Promise<ContainerFacts | undefined> {
    const container = await get<InspectedContainer>(docker, `/containers/${id}/json`);
    return container && containerFacts(container);
}

/** The containers, running or not, that carry a stack's label; without a stack, all of them. */
export async function inspectContainers(docker: DockerHost, owner?: string): Promise<ContainerFacts[]> {
    const listed = await listContainers(docker, owner);
    const containers = await runTasks(
        docker,
        listed.map(
            ({ Id }) =>
                () =>
                    inspectContainer(docker, Id),
        ),
    );
    return containers.flatMap((one) => one ?? []); // one that was removed meanwhile is undefined
}

/** All networks and containers of a Docker host. Reads only. */
export async function inspectHost(docker: DockerHost): Promise<HostFacts> {
    const networks = (await get<InspectedNetwork[]>(docker, "/networks")) ?? [];
    return {
        networks: networks.map(({ Id, Name, Labels, Internal }) => ({ id: Id, name: Name, ...ownerOf(Labels), internal: Internal })),
        containers: await inspectContainers(docker),
    };
}

/** The volumes of all stacks. A volume's id is its name. */
export async function inspectVolumes(docker: DockerHost): Promise<NetworkFacts[]> {
    const filters = encodeURIComponent(JSON.stringify({ label: [stackLabel] }));
    const found = await get<{ Volumes: { Name: string; Labels: Record<string, string> | null }[] | null }>(
        docker,
        `/volumes?filters=${filters}`,
    );
    return (found?.Volumes ?? []).map(({ Name, Labels }) => ({ id: Name, name: Name, ...ownerOf(Labels) }));
}

/** The last lines of a container's log; undefined if the engine has none. */
export async function readLog(
    docker: DockerHost,
    id: string,
    lines: number,
    { timestamps = false } = {},
): Promise<{ stdout: string; stderr: string } | undefined> {
    const query = `stdout=true&stderr=true&timestamps=${timestamps}&tail=${lines}`;
    const { status, body } = await request(docker, "GET", `/containers/${id}/logs?${query}`);
    return status === 200 ? demultiplex(body) : undefined;
}

/** What an engine can limit. A rootless one without cgroups of its own limits nothing. */
export interface EngineLimits {
    memory: boolean;
    processes: boolean;
    swap: boolean;
}

export async function engineLimits(docker: DockerHost): Promise<EngineLimits> {
    const {
        MemoryLimit = false,
        PidsLimit = false,
        SwapLimit = true,
    } = (await get<{ MemoryLimit?: boolean; PidsLimit?: boolean; SwapLimit?: boolean }>(docker, "/info")) ?? {};
    return { memory: MemoryLimit, processes: PidsLimit, swap: SwapLimit };
}

/** Whether the engine knows a health check's `startInterval`: version 25 (API 1.44) and later. */
export const knowsStartInterval = (docker: DockerHost) => hasApi(docker, 44);

/** Whether the engine keeps the host's neighbours from what is published on loopback: version 28 (API 1.48) and later (moby#49325). */
export const guardsLoopback = (docker: DockerHost) => hasApi(docker, 48);

/** Whether the engine has version 1.`least` of its API, or a later one. */
async function hasApi(docker: DockerHost, least: number): Promise<boolean> {
    const { ApiVersion = "" } = (await get<{ ApiVersion?: string }>(docker, "/version")) ?? {};
    const [major = 0, minor = 0] = ApiVersion.split(".").map(Number);
    return major > 1 || (major === 1 && minor >= least);
}

/** A container, and the most processes and threads that it may have. */
export interface ProcessLimit {
    id: string;
    name: string;
    most: number;
}

/**
 * Limits the processes and threads in a container, also when it restarts, if the engine can. The provider has no property for it.
 * Throws a GoneError if there is no such container.
 */
export async function limitProcesses(docker: DockerHost, { id, name, most }: ProcessLimit): Promise<void> {
    if (!(await engineLimits(docker)).processes) return;
    await post(docker, `/containers/${id}/update`, { json: { PidsLimit: most } }).catch(rejectGone("container", name));
}

/** Seconds after which the engine kills a container that it stops, if the container has no time of its own. */
const defaultStopTimeout = 10;

/**
 * Stops a container, which is killed after its own stop timeout: a pooler's transactions have pgbouncerStopGrace to end. One that
 * does not run or is gone is not an error. The engine has `spare` milliseconds to answer after that.
 */
export async function stopContainer(docker: DockerHost, id: string, spare = 10_000): Promise<void> {
    const container = await get<InspectedContainer>(docker, `/containers/${id}/json`);
    if (!container) return;
    const within = container.Config.StopTimeout ?? defaultStopTimeout;
    await post(docker, `/containers/${id}/stop`, { timeout: within * 1000 + spare });
}

/** Removes a container, running or not, with its unnamed volumes. One that is gone already is not an error. */
export async function removeContainer(docker: DockerHost, id: string): Promise<void> {
    await remove(docker, `/containers/${id}?force=true&v=true`);
}

/** A container's facts, by what the engine says of it. */
export function containerFacts(inspected: InspectedContainer): ContainerFacts {
    const { Id, Name, Image, RestartCount, State, Config, Mounts, HostConfig, NetworkSettings } = inspected;
    const endpoints = Object.entries(NetworkSettings.Networks);
    const volumesOf = (mounts: InspectedContainer["Mounts"]) =>
        mounts.flatMap(({ Type, Name: volume }) => (Type === "volume" && volume ? [volume] : []));
    // From Docker 25 on, Aliases lacks the hostname. A stopped container's DNSNames may have a name from before a rename.
    const hostnames = Config.Hostname ? [Config.Hostname] : [];
    return {
        id: Id,
        name: Name.replace(/^\//, ""),
        ...ownerOf(Config.Labels),
        image: Image,
        env: Config.Env ?? [],
        status: State.Status,
        running: State.Running,
        exitCode: State.ExitCode,
        engineError: State.Error,
        startedAt: State.StartedAt,
        restarts: RestartCount,
        health: State.Health?.Status ?? "",
        healthOutput: State.Health?.Log?.at(-1)?.Output.trim() ?? "",
        networkMode: HostConfig.NetworkMode,
        hostname: Config.Hostname ?? "",
        networks: Object.fromEntries(
            endpoints.map(([network, { Aliases, DNSNames, IPAddress, GlobalIPv6Address }]) => [
                network,
                {
                    aliases: [...new Set([...(Aliases ?? []), ...((State.Running ? DNSNames : hostnames) ?? [])])],
                    addresses: [IPAddress, GlobalIPv6Address].filter(Boolean),
                },
            ]),
        ),
        gateways: endpoints.flatMap(([, { Gateway, IPv6Gateway }]) => [Gateway, IPv6Gateway ?? ""].filter(Boolean)),
        volumes: volumesOf(Mounts),
        writableVolumes: volumesOf(Mounts.filter(({ RW }) => RW !== false)),
        hostPorts: loopbackPorts(HostConfig.PortBindings),
        published: publishedPorts(NetworkSettings.Ports),
        exposes: Object.keys(Config.ExposedPorts ?? {}).map((port) => parseInt(port, 10)),
        confinement: {
            readOnly: HostConfig.ReadonlyRootfs,
            capabilities: (HostConfig.CapAdd ?? []).length > 0 || !(HostConfig.CapDrop ?? []).some((one) => one === "ALL"),
            newPrivileges: !(HostConfig.SecurityOpt ?? []).some((one) => /^no-new-privileges([:=]true)?$/.test(one)),
            privileged: HostConfig.Privileged,
            memory: HostConfig.Memory,
            pids: Math.max(HostConfig.PidsLimit ?? 0, 0),
        },
    };
}

function publishedPorts(ports: PortMap | null): PublishedPort[] {
    return Object.entries(ports ?? {}).flatMap(([inside, bindings]) =>
        (bindings ?? []).map(({ HostIp, HostPort }) => ({ inside: parseInt(inside, 10), address: HostIp, port: Number(HostPort) })),
    );
}

/** The ports that no other program gets at 127.0.0.1, where the stack publishes: not those of UDP, nor of other addresses alone. */
function loopbackPorts(ports: PortMap | null): number[] {
    const tcp = Object.fromEntries(Object.entries(ports ?? {}).filter(([inside]) => inside.endsWith("/tcp")));
    return publishedPorts(tcp)
        .filter(({ address }) => ["", "0.0.0.0", "::", "127.0.0.1"].includes(address))
        .map(({ port }) => port);
}

function ownerOf(labels: Record<string, string> | null): { owner?: string } {
    const owner = labels?.[stackLabel];
    return owner ? { owner } : {};
}
