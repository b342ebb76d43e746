import * as pulumi from "@pulumi/pulumi";
import { sqlName, sqlQualified } from "../findings/quoting";
import { Settings } from "../settings/settings";
import { connect } from "../host/postgres";
import { DatabaseFacts } from "./database";
import { HostFacts } from "./docker";
import { remove, request } from "../host/engine";
import { hasLookup, OwnedResources, StackState } from "./state";

/** What a run that was cut made, but could not write down any more: it carries the stack's mark, and the state doesn't know it. */
export interface Leftovers {
    roles: string[];
    lookupFunction: boolean;
    /** Containers and networks, by id. */
    containers: string[];
    networks: string[];
}

/** What carries the stack's mark without being in its state. */
export function findLeftovers(settings: Settings, known: OwnedResources, database?: DatabaseFacts, host?: HostFacts): Leftovers {
    const { owner, ids } = known;
    const unknown = (facts: { id: string; owner?: string }[] = []) =>
        facts.filter((one) => one.owner === owner && !ids.includes(one.id)).map(({ id }) => id);
    return {
        roles: unknown(Object.entries(database?.roleOwners ?? {}).map(([id, of]) => ({ id, owner: of }))),
        lookupFunction: database?.functionOwner === owner && !hasLookup(known, settings),
        containers: unknown(host?.containers),
        networks: unknown(host?.networks),
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
export function findNamesake({ owner, ids }: OwnedResources, host: HostFacts): string[] {
    if ([...host.containers, ...host.networks].some(({ id }) => ids.includes(id))) return [];
    return host.containers.filter((one) => one.owner === owner).map(({ name }) => name);
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
        // One that is gone already answers 404.
        await request(docker, "POST", `/containers/${id}/stop?t=10`);
        await remove(docker, `/containers/${id}?force=true&v=true`);
    }
    for (const id of networks) await remove(docker, `/networks/${id}`);
    if (roles.length > 0 || lookupFunction) {
        const client = await connect(settings, databases[0]!);
        try {
            if (lookupFunction) await client.query(`DROP FUNCTION ${sqlQualified(authFunction)}(text)`);
            for (const role of roles) await client.query(`DROP OWNED BY ${sqlName(role)}; DROP ROLE ${sqlName(role)}`);
        } finally {
            await client.end();
        }
    }
}
