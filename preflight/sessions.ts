import { Client } from "pg";
import { lookupRoles } from "../components/authentication/rotation";
import { Settings } from "../settings/settings";

/** Sessions of a lookup role: a pooler that serves holds them. */
export interface LookupSession {
    role: string;
    /** The client's address as the database sees it; "" for its own machine's socket. */
    address: string;
    count: number;
}

/** The sessions of both lookup roles. Reads only. */
export async function lookupSessions(client: Client, { authUser }: Pick<Settings, "authUser">): Promise<LookupSession[]> {
    const { rows } = await client.query(
        `SELECT usename::text AS role, coalesce(host(client_addr), '') AS address, count(*)::int AS count
           FROM pg_stat_activity WHERE usename = ANY($1) GROUP BY 1, 2 ORDER BY 1, 2`,
        [lookupRoles(authUser)],
    );
    return rows as LookupSession[];
}

/** Where sessions come from, for a message. */
export const describeSessions = (sessions: LookupSession[]) =>
    sessions.map(({ address, count }) => `${count} from ${address || "the database's own machine"}`).join(", ");
