import { Client } from "pg";
import { lookupRoles } from "../components/authentication/rotation";
import { Settings } from "../settings/settings";

type Roles = Pick<Settings, "authUser" | "pgadminRole" | "metrics" | "metricsRole">;

/** The roles that the stack makes beside the lookup's. */
export const ownRolesOf = ({ pgadminRole, metrics, metricsRole }: Omit<Roles, "authUser">): string[] => [
    ...(pgadminRole === "" ? [] : [pgadminRole]),
    ...(metrics ? [metricsRole] : []),
];

/** The roles that the stack makes, or has made before a rotation. */
export const rolesOf = (roles: Roles): string[] => [...lookupRoles(roles.authUser), ...ownRolesOf(roles)];

/** Sessions of a role that a stack makes: a pooler that serves holds them. */
export interface LookupSession {
    role: string;
    /** The client's address as the database sees it; "" for its own machine's socket, `hidden` if our login may not see it. */
    address: string;
    count: number;
}

const hidden = "?";

/** The sessions of the stack's roles. Reads only. */
export async function lookupSessions(client: Client, settings: Roles): Promise<LookupSession[]> {
    const { rows } = await client.query(
        // A session on the machine's socket has the port -1.
        `SELECT usename::text AS role, CASE WHEN client_port IS NULL THEN '${hidden}' ELSE coalesce(host(client_addr), '') END AS address, count(*)::int AS count
           FROM pg_stat_activity WHERE usename = ANY($1) GROUP BY 1, 2 ORDER BY 1, 2`,
        [rolesOf(settings)],
    );
    return rows as LookupSession[];
}

/** Where sessions come from, for a message. */
export const describeSessions = (sessions: LookupSession[]) =>
    sessions.map(({ address, count }) => `${count} from ${places[address] ?? address}`).join(", ");

const places: Record<string, string> = { "": "the database's own machine", [hidden]: "an address that this login may not see" };
