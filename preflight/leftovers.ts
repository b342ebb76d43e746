import { execFile } from "child_process";
import { promisify } from "util";
import * as pulumi from "@pulumi/pulumi";
import { stackLabel } from "../components/labels";
import { Settings } from "../settings";
import { connect, DatabaseFacts, Known } from "./database";
import { HostFacts } from "./dockerhost";
import { tell } from "./engine";

/** What a run that was cut made, but could not write down any more: it carries the stack's mark, and the state doesn't know it. */
export interface Leftovers {
    roles: string[];
    lookupFunction: boolean;
    /** Containers and networks, by id. */
    containers: string[];
    networks: string[];
}

export const roleType = "postgresql:index/role:Role";
const functionType = "postgresql:index/function:Function";

export interface StackState {
    deployment: { resources?: StateResource[] };
}

interface StateResource {
    type: string;
    urn: string;
    id?: string;
    /** Replaced, and yet to be deleted. */
    delete?: boolean;
    inputs?: { labels?: { label: string; value: string }[] };
}

/** What carries the mark of `owner` without being in its state. */
export function findLeftovers(state: StackState, owner: string, database?: DatabaseFacts, host?: HostFacts): Leftovers {
    const known = state.deployment.resources ?? [];
    const ids = new Set(known.map(({ id }) => id));
    const unknown = (facts: { id: string; owner?: string }[] = []) =>
        facts.filter((one) => one.owner === owner && !ids.has(one.id)).map(({ id }) => id);
    return {
        roles: Object.entries(database?.roleOwners ?? {}).flatMap(([role, of]) => (of === owner && !ids.has(role) ? [role] : [])),
        lookupFunction: database?.functionOwner === owner && !known.some(({ type }) => type === functionType),
        containers: unknown(host?.containers),
        networks: unknown(host?.networks),
    };
}

/** What the state has, and the names its things were marked with. */
export function knownTo({ deployment: { resources = [] } }: StackState, owner: string): Known {
    const marks = resources.flatMap(({ inputs }) => inputs?.labels ?? []).filter(({ label }) => label === stackLabel);
    return {
        owner,
        former: marks.map(({ value }) => value),
        ids: resources.flatMap(({ id }) => id ?? []),
        roles: resources.flatMap(({ type, id }) => (type === roleType && id ? [id] : [])),
        lookupFunction: resources.some(({ type }) => type === functionType),
    };
}

/** Containers and networks that the state knows, but that are gone from the host or, as containers, don't run. */
export function findMissing({ deployment: { resources = [] } }: StackState, { containers, networks }: HostFacts): string[] {
    const there = new Set([...containers.filter(({ running }) => running), ...networks].map(({ id }) => id));
    const kinds: Record<string, string> = { "docker:index/container:Container": "container", "docker:index/network:Network": "network" };
    return resources.flatMap(({ type, id, urn, delete: replaced }) => {
        const kind = kinds[type];
        return kind && id && !replaced && !there.has(id) ? [`${kind} ${urn.split("::").at(-1)} (${id.slice(0, 12)})`] : [];
    });
}

/**
 * Containers that bear this stack's name while nothing that the state knows is on the host: those of a sidecar of another
 * state. A run that was cut left its network to the state before it began with containers.
 */
export function findNamesake(state: StackState, owner: string, host: HostFacts): string[] {
    const { ids } = knownTo(state, owner);
    if ([...host.containers, ...host.networks].some(({ id }) => ids.includes(id))) return [];
    return host.containers.filter((one) => one.owner === owner).map(({ name }) => name);
}

/** The stack's state as it stood before this run; the CLI that runs the program reads it from whatever backend it uses. */
export async function readState(name: string): Promise<StackState> {
    // A backend without organizations says "organization"; where there are some, the name alone may be another's stack.
    const organization = pulumi.getOrganization();
    const stack = organization === "organization" ? name : `${organization}/${pulumi.getProject()}/${name}`;
    const { stdout } = await promisify(execFile)("pulumi", ["stack", "export", "--stack", stack], { maxBuffer: 1 << 28 });
    return JSON.parse(stdout) as StackState;
}

/** Takes the leftovers away, so that this run can make them anew and none serves on unseen. */
export async function removeLeftovers(settings: Settings, { roles, lookupFunction, containers, networks }: Leftovers): Promise<void> {
    const { docker, authFunction, databases } = settings;
    const what = [
        ...roles.map((role) => `role ${role}`),
        ...(lookupFunction ? [`function ${authFunction}`] : []),
        ...containers.map((id) => `container ${id.slice(0, 12)}`),
        ...networks.map((id) => `network ${id.slice(0, 12)}`),
    ];
    if (what.length === 0) return;
    await pulumi.log.warn(`removing what an earlier run of this stack made, but was cut before it could write down: ${what.join(", ")}`);
    for (const id of containers) {
        await tell(docker, "POST", `/containers/${id}/stop?t=10`);
        await tell(docker, "DELETE", `/containers/${id}?force=true&v=true`);
    }
    for (const id of networks) await tell(docker, "DELETE", `/networks/${id}`);
    if (roles.length > 0 || lookupFunction) {
        const client = await connect(settings, databases[0]!);
        try {
            if (lookupFunction) await client.query(`DROP FUNCTION ${authFunction}(text)`);
            for (const role of roles) await client.query(`DROP OWNED BY "${role}"; DROP ROLE "${role}"`);
        } finally {
            await client.end();
        }
    }
}
