import { sqlLiteral } from "../../findings/quoting";
import { lookupRolesOf } from "../../components/authentication/rotation";
import { findContainer } from "./containers";
import { program } from "./programs";
import { queryJson } from "./sessions";
import { Target } from "./target";

/** How near the database is to its last connection. */
export interface Headroom {
    maxConnections: number;
    /** For superusers and for reserved_connections. */
    reserved: number;
    /** Connections in use now. */
    used: number;
    /** The pooler's share of them. */
    pooled: number;
}

/** The pooler's container, and its addresses on the database's network. */
async function findPooler(target: Target) {
    const pooler = await findContainer(target, target.outputs.pgbouncerContainer);
    return { pooler, addresses: pooler?.networks[target.outputs.networks.database]?.addresses ?? [] };
}

/**
 * SQL condition for the pooler's backends in pg_stat_activity: sessions from its address, except verify's own direct sessions
 * (same address) and any left over from a killed container that had the address before.
 */
export async function pooledBackends(target: Target): Promise<string> {
    const { addresses, pooler } = await findPooler(target);
    return `client_addr = ANY (${sqlLiteral(`{${addresses.join(",")}}`)}) AND backend_start >= ${sqlLiteral(pooler?.startedAt ?? "infinity")}
            AND application_name <> current_setting('application_name')`;
}

/** Why a database that answers through the pool may show no backends of it. */
export const unseen =
    "this login lacks pg_read_all_stats, or the database is outside this Docker host and does not see the pooler's own address";

/** What a login without pg_read_all_stats reads. */
export const othersUnseen = "this login does not see other roles' sessions (pg_read_all_stats)";

/**
 * Whether the pooler's backends can't be known from others, so that seeing none of them proves nothing: by the lookup roles' sessions,
 * which nobody but the poolers has. It is false if there is none of them at all.
 */
export async function poolerHidden(target: Target): Promise<boolean> {
    const { addresses } = await findPooler(target);
    const roles = lookupRolesOf(target.deployed).map(sqlLiteral).join(", ");
    const sql = `SELECT coalesce(json_agg(DISTINCT host(client_addr)), '[]') FROM pg_stat_activity WHERE usename IN (${roles})`;
    return hidden(await queryJson(target, "direct", target.deployed.databases[0]!, sql), addresses);
}

/** The same, by the addresses of those sessions (null if this login may not see it) and the pooler's own. */
export const hidden = (seen: (string | null)[], own: string[]) =>
    seen.length > 0 && !seen.some((address) => address !== null && own.includes(address));

/**
 * SQL condition for the clients' sessions in pg_stat_activity. Without pg_read_all_stats, the sessions of other roles show little more
 * than their database.
 */
export const clientSessions = "(backend_type = 'client backend' OR (backend_type IS NULL AND datid IS NOT NULL AND usesysid IS NOT NULL))";

/** SQL that reads the headroom, by a condition for the pooler's backends. */
export const headroomQuery = (pooled: string) => program("headroom.sql", { clients: clientSessions, pooled });

export async function readHeadroom(target: Target): Promise<Headroom> {
    const sql = headroomQuery(await pooledBackends(target));
    return queryJson<Headroom>(target, "direct", target.deployed.databases[0]!, sql);
}
