import { ContainerFacts } from "../../../host/containers";
import { allInFirst, LoginRights } from "../../../preflight/rights";
import { OwnedResources } from "../../../preflight/state";

export const owner = "pg-sidecar/stage";

/** What a state lists that has no resources yet. */
export const nothingOwned: OwnedResources = { owner, previousNames: [], ids: [], roles: [], functions: [] };

/** The rights of a superuser. */
export const superuser: LoginRights = {
    ...allInFirst,
    ...{ superuser: true, createRoles: true, readStatistics: true, ungrantable: [], unadministered: [] },
};

/** What the commands of a fix begin with. */
export const set = "pulumi config set --stack stage";
export const remove = "pulumi config rm --stack stage";

/** A running container that is on no network and holds nothing. */
export const container = (more: Partial<ContainerFacts> = {}): ContainerFacts => ({
    id: "c0",
    name: "web",
    image: "sha256:1",
    env: [],
    status: "running",
    running: true,
    exitCode: 0,
    engineError: "",
    startedAt: "2026-01-01T00:00:00Z",
    restarts: 0,
    health: "",
    healthOutput: "",
    networkMode: "bridge",
    hostname: "c0",
    networks: {},
    gateways: [],
    volumes: [],
    writableVolumes: more.volumes ?? [],
    hostPorts: [],
    published: [],
    exposes: [],
    confinement: { readOnly: true, capabilities: false, newPrivileges: false, privileged: false, memory: 2 ** 28, pids: 128 },
    ...more,
});

/** A container's place on one network, with its aliases there. */
export const at = (network: string, ...aliases: string[]) => ({ [network]: { aliases, addresses: ["172.18.0.9"] } });
