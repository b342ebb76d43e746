import { lookupRoles } from "../components/authentication/rotation";
import { configSet } from "../findings/commands";
import { error, Finding } from "../findings/finding";
import { HostFacts } from "../host/containers";
import { Settings } from "../settings/settings";
import { DatabaseFacts } from "./database";
import { findLeftovers } from "./leftovers";
import { describeSessions, LookupSession } from "./sessions";
import { OwnedResources } from "./state";

/** The sessions of `role` that don't come from this stack's own containers on its host. */
function foreignSessions(
    role: string,
    sessions: LookupSession[],
    host: HostFacts,
    owned: Pick<OwnedResources, "owner" | "ids">,
): LookupSession[] {
    const own = host.containers
        .filter(({ id, owner }) => owner === owned.owner || owned.ids.includes(id))
        .flatMap(({ networks }) => Object.values(networks).flatMap(({ addresses }) => addresses));
    return sessions.filter((one) => one.role === role && !own.includes(one.address));
}

/**
 * Whether another pooler uses what looks like this stack's in the database. Another backend's stack of the same name, on
 * another Docker host, has the same marks; and on the server that is set now, what the state lists may be another stack's.
 */
export function judgeUse(facts: DatabaseFacts, host: HostFacts, settings: Settings, owned: OwnedResources): Finding[] {
    const { databaseServer, authUser, authFunction, docker } = settings;
    const { roles, lookupFunction } = findLeftovers(settings, owned, { database: facts });
    const foreignRoles = Object.entries(facts.roleOwners).filter(
        ([role, mark]) => owned.roles.includes(role) && !["", owned.owner, ...owned.previousNames].includes(mark),
    );
    const suspects = new Set([...roles, ...(lookupFunction ? lookupRoles(authUser) : []), ...foreignRoles.map(([role]) => role)]);
    const busy = [...suspects].flatMap((role) => {
        const foreign = foreignSessions(role, facts.sessions, host, owned);
        return foreign.length > 0 ? [`role ${role} (of stack ${facts.roleOwners[role]}) has sessions, ${describeSessions(foreign)}`] : [];
    });
    if (busy.length === 0) return [];
    const suffix = settings.stack.replace(/\W/g, "_").toLowerCase();
    return [
        error(
            `authUser: on ${databaseServer.host}:${databaseServer.port} a pooler that is not this stack's on ${docker.host} serves: ` +
                `${busy.join("; ")}. This run would remove the role or function by which that pooler looks logins up`,
            `give this stack names of its own: ${configSet(settings, "authUser", `${authUser}_${suffix}`)}; ` +
                `${configSet(settings, "authFunction", `${authFunction}_${suffix}`)}   ` +
                `(or remove that pooler first: pulumi destroy, from the backend that has its state)`,
        ),
    ];
}
