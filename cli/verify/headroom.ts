import { sqlLiteral } from "../../findings/quoting";
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

/**
 * SQL condition for the pooler's backends in pg_stat_activity: sessions from its address, except verify's own direct sessions
 * (same address) and any left over from a killed container that had the address before.
 */
export async function pooledBackends(target: Target): Promise<string> {
    const pooler = await findContainer(target, target.outputs.pgbouncerContainer);
    const addresses = pooler?.networks[target.outputs.networks.database]?.addresses ?? [];
    return `client_addr = ANY (${sqlLiteral(`{${addresses.join(",")}}`)}) AND backend_start >= ${sqlLiteral(pooler?.startedAt ?? "infinity")}
            AND application_name <> current_setting('application_name')`;
}

/** Why a database that answers through the pool may show no backends of it. */
export const unseen =
    "this login needs pg_read_all_stats to see them, and the database has to see the pooler's own address, which a database outside this Docker host doesn't";

export async function readHeadroom(target: Target): Promise<Headroom> {
    const sql = program("headroom.sql", { pooled: await pooledBackends(target) });
    return queryJson<Headroom>(target, "direct", target.deployed.databases[0]!, sql);
}
