import * as pulumi from "@pulumi/pulumi";
import { error, Finding, warning } from "../findings/finding";
import { shellWord, sqlQualified } from "../findings/quoting";
import { HostFacts, NetworkFacts, removeContainer, stopContainer } from "../host/containers";
import { dockerCommand, remove } from "../host/engine";
import { connect } from "../host/postgres";
import { upCommand } from "../host/remedies";
import { Settings } from "../settings/settings";
import { DatabaseFacts } from "./database";
import { runDdl } from "./ddl";
import { removal, runHandover } from "./handover";
import { hasLookup, OwnedResources, StackState } from "./state";

/** What an interrupted run created but never recorded: it has the stack's mark, and the state doesn't list it. */
export interface Leftovers {
    roles: string[];
    lookupFunction: boolean;
    /** Ids of containers. */
    containers: string[];
    /** Ids of networks. */
    networks: string[];
    /** Names of volumes. */
    volumes: string[];
}

/** Names of the volumes that the components make: the pooler's settings and sockets, and secrets. */
const ownVolume = /^(pgbouncer-(files|sockets)|(pgadmin|metrics-database)-secrets)-[0-9a-f]+$/;

/** Everything that has the stack's mark without being in its state. */
export function findLeftovers(
    settings: Settings,
    owned: OwnedResources,
    { database, host, volumes }: { database?: DatabaseFacts; host?: HostFacts; volumes?: NetworkFacts[] },
): Leftovers {
    const { owner, ids } = owned;
    const kept = (host?.containers ?? []).filter((one) => one.owner !== owner || ids.includes(one.id));
    const mounted = kept.flatMap((one) => one.volumes);
    const unrecorded = (marked: { id: string; owner?: string }[] = []) =>
        marked.filter((one) => one.owner === owner && !ids.includes(one.id)).map(({ id }) => id);
    return {
        roles: unrecorded(Object.entries(database?.roleOwners ?? {}).map(([id, of]) => ({ id, owner: of }))),
        lookupFunction: database?.functionOwner === owner && !hasLookup(owned, settings),
        containers: unrecorded(host?.containers),
        networks: unrecorded(host?.networks),
        // Not the volume of pgAdmin's users, which outlives the stack, and none that somebody else's container has.
        volumes: unrecorded(volumes).filter((name) => ownVolume.test(name) && !mounted.includes(name)),
    };
}

/** Containers and networks that the state lists, but that are gone from the host or, as containers, don't run. */
export function findMissing({ deployment: { resources = [] } }: StackState, { containers, networks }: HostFacts): string[] {
    const present = new Set([...containers.filter(({ running }) => running), ...networks].map(({ id }) => id));
    const kinds: Record<string, string> = { "docker:index/container:Container": "container", "docker:index/network:Network": "network" };
    return resources.flatMap(({ type, id, urn, delete: replaced }) => {
        const kind = kinds[type];
        return kind && id && !replaced && !present.has(id) ? [`${kind} ${urn.split("::").at(-1)} (${id.slice(0, 12)})`] : [];
    });
}

/**
 * Containers labelled with this stack's name although none of the state's resources exist on the host: another backend's
 * stack of the same name. It is not an interrupted run, which records its network before it creates containers.
 */
function findNamesake({ owner, ids }: OwnedResources, host: HostFacts): string[] {
    if ([...host.containers, ...host.networks].some(({ id }) => ids.includes(id))) return [];
    return host.containers.filter((one) => one.owner === owner).map(({ name }) => name);
}

/** Whether the state belongs to the containers on the host, and all that it lists runs there. */
export function judgeState(state: StackState, owned: OwnedResources, host: HostFacts, settings: Settings): Finding[] {
    const { docker, stack } = settings;
    const namesake = findNamesake(owned, host);
    if (namesake.length > 0) {
        return [
            error(
                `${docker.host} already has a sidecar of a stack ${owned.owner}, which is not in this state: ${namesake.join(" ")}. ` +
                    `Another backend's stack created it, or its state was lost`,
                `log in to that backend (pulumi login URL), or deploy another one beside it: pulumi stack rename --stack ${stack} NAME, ` +
                    `or, if its state was lost, remove it: ${dockerCommand(docker)} rm -f ${namesake.map(shellWord).join(" ")}`,
            ),
        ];
    }
    const missing = findMissing(state, host).join(", ");
    if (missing === "") return [];
    return [
        warning(
            `${missing}: missing or stopped on ${docker.host}. Without --refresh, Pulumi assumes that nothing has changed`,
            `${upCommand(settings)} --refresh`,
        ),
    ];
}

/** Removes the leftovers with a warning. Otherwise this run could not create them, and an old container would keep serving unseen. */
export async function removeLeftovers(
    settings: Settings,
    { roles, lookupFunction, containers, networks, volumes }: Leftovers,
    facts: Pick<DatabaseFacts, "holdings" | "superusers">,
): Promise<void> {
    const { docker, authFunction, databases } = settings;
    const names = [
        ...roles.map((role) => `role ${role}`),
        ...(lookupFunction ? [`function ${authFunction}`] : []),
        ...containers.map((id) => `container ${id.slice(0, 12)}`),
        ...networks.map((id) => `network ${id.slice(0, 12)}`),
        ...volumes.map((name) => `volume ${name}`),
    ];
    if (names.length === 0) return;
    await pulumi.log.warn(`removing resources that an interrupted run of this stack created but never recorded: ${names.join(", ")}`);
    for (const id of containers) {
        await stopContainer(docker, id);
        await removeContainer(docker, id);
    }
    for (const id of networks) await remove(docker, `/networks/${id}`);
    for (const name of volumes) await remove(docker, `/volumes/${name}`);
    if (roles.length > 0 || lookupFunction) {
        const client = await connect(settings, databases[0]!);
        try {
            if (lookupFunction) await runDdl(client, `DROP FUNCTION ${sqlQualified(authFunction)}(text)`, databases[0]!, settings);
        } finally {
            await client.end();
        }
        for (const role of roles) {
            const holdings = facts.holdings[role]!;
            await runHandover(settings, facts, holdings, removal(holdings, databases[0]!));
        }
    }
}
