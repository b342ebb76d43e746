import { Client } from "pg";
import { lookupRoles } from "../components/authentication/rotation";
import { Settings } from "../settings/settings";
import { configSet } from "../host/remedies";
import { HostFacts } from "./docker";
import { error, Finding } from "../findings/finding";
import { DatabaseFacts } from "./database";
import { findLeftovers } from "./leftovers";
import { OwnedResources } from "./state";

/** Sessions of a lookup role: those of a pooler that serves. */
export interface LookupSession {
    role: string;
    /** The client's address as the database sees it; "" for its own machine's socket. */
    address: string;
    count: number;
}

/** Asks for them, reading only. */
export async function lookupSessions(client: Client, { authUser }: Pick<Settings, "authUser">): Promise<LookupSession[]> {
    const { rows } = await client.query(
        `SELECT usename::text AS role, coalesce(host(client_addr), '') AS address, count(*)::int AS count
           FROM pg_stat_activity WHERE usename = ANY($1) GROUP BY 1, 2 ORDER BY 1, 2`,
        [lookupRoles(authUser)],
    );
    return rows as LookupSession[];
}

/** Those of `role` that don't come from this stack's own containers on its host. */
export function foreignSessions(
    role: string,
    sessions: LookupSession[],
    host: HostFacts,
    known: Pick<OwnedResources, "owner" | "ids">,
): LookupSession[] {
    const own = host.containers
        .filter(({ id, owner }) => owner === known.owner || known.ids.includes(id))
        .flatMap(({ networks }) => Object.values(networks).map(({ address }) => address));
    return sessions.filter((one) => one.role === role && !own.includes(one.address));
}

/** Who they are, for a message. */
export const describe = (sessions: LookupSession[]) =>
    sessions.map(({ address, count }) => `${count} from ${address || "the database's own machine"}`).join(", ");

/**
 * What speaks against taking from the database what looks like this stack's. A stack of the same name that another state
 * has, on another Docker host, carries the same marks; and what a state has may be another's on the server that is set now.
 */
export function judgeUse(facts: DatabaseFacts, host: HostFacts, settings: Settings, known: OwnedResources): Finding[] {
    const { databaseServer, authUser, authFunction, docker } = settings;
    const { roles, lookupFunction } = findLeftovers(settings, known, facts);
    const anothers = Object.entries(facts.roleOwners).filter(
        ([role, mark]) => known.roles.includes(role) && !["", known.owner, ...known.former].includes(mark),
    );
    const suspects = new Set([...roles, ...(lookupFunction ? lookupRoles(authUser) : []), ...anothers.map(([role]) => role)]);
    const busy = [...suspects].flatMap((role) => {
        const foreign = foreignSessions(role, facts.sessions, host, known);
        return foreign.length > 0 ? [`role ${role} (of stack ${facts.roleOwners[role]}) has sessions, ${describe(foreign)}`] : [];
    });
    if (busy.length === 0) return [];
    const suffix = settings.stack.replace(/\W/g, "_").toLowerCase();
    return [
        error(
            `authUser: on ${databaseServer.host}:${databaseServer.port} a pooler that is none of this stack's on ${docker.host} serves: ` +
                `${busy.join("; ")}. This run would take from it what it looks logins up by`,
            `give this stack names of its own: ${configSet(settings, "authUser", `${authUser}_${suffix}`)}; ` +
                `${configSet(settings, "authFunction", `${authFunction}_${suffix}`)}   ` +
                `(or take that pooler away first: pulumi destroy, from the backend that has its state)`,
        ),
    ];
}
