/** A row of the table: a parameter of pgbouncer that is a setting of the same meaning. */
interface Row {
    /** Its name in pgbouncer.ini. */
    ini: string;
    /** A line of the ini right above its own. */
    above?: string;
}

interface IntegerRow extends Row {
    min: number;
    max: number;
    unit?: "seconds";
    /** Its value is for the whole pooler: if it has several processes, each gets a share. */
    shared?: true;
}

interface OtherRow extends Row {
    type: "boolean" | "names";
    /** What the ini has for false and for true, where that is not 0 and 1. */
    values?: readonly [string, string];
}

/**
 * All that DISCARD ALL does but DISCARD PLANS, which is no client's state. PostgreSQL takes DISCARD ALL only alone. With the first
 * statement, an error of the others ends the backend; the last one takes that back.
 */
const enforcedReset = [
    "SET exit_on_error = on",
    "CLOSE ALL",
    "UNLISTEN *",
    "SELECT pg_catalog.pg_advisory_unlock_all()",
    "DEALLOCATE ALL",
    "DISCARD SEQUENCES",
    "DISCARD TEMP",
    "SET SESSION AUTHORIZATION DEFAULT",
    "RESET ALL",
].join("; ");

const seconds = { min: 0, max: 86_400, unit: "seconds" } as const;

/**
 * pgbouncer's parameters that are settings, in the order of their lines in pgbouncer.ini. To add one, add its line here and its
 * type, default and meaning to Pulumi.yaml, then run `npm run docs`. The schema (settings/schema.ts), the type below and the ini's
 * lines (ini.ts) are made from this table. listenPort, adminUsers, authUser and authFunction are not in it: each is part of several lines.
 */
export const parameters = {
    maxClientConn: { ini: "max_client_conn", min: 1, max: 100_000 },
    defaultPoolSize: { ini: "default_pool_size", min: 1, max: 10_000, shared: true },
    minPoolSize: { ini: "min_pool_size", min: 0, max: 10_000, shared: true },
    reservePoolSize: { ini: "reserve_pool_size", min: 0, max: 10_000, shared: true },
    reservePoolTimeout: { ini: "reserve_pool_timeout", ...seconds },
    maxDbConnections: { ini: "max_db_connections", min: 1, max: 10_000, shared: true },
    serverIdleTimeout: { ini: "server_idle_timeout", ...seconds },
    idleTransactionTimeout: { ini: "idle_transaction_timeout", ...seconds },
    queryWaitTimeout: { ini: "query_wait_timeout", ...seconds },
    queryTimeout: { ini: "query_timeout", ...seconds },
    serverResetEnforced: { ini: "server_reset_query", type: "boolean", values: ["DISCARD ALL", enforcedReset] },
    serverResetQueryAlways: { ini: "server_reset_query_always", type: "boolean" },
    clientLoginTimeout: { ini: "client_login_timeout", ...seconds, min: 1, max: 3600 },
    ignoreStartupParameters: {
        ini: "ignore_startup_parameters",
        type: "names",
        above: "; The last comma averts CVE-2026-107349: without an empty name in the list, an unauthenticated client can hang the pooler.",
    },
} as const satisfies Record<string, IntegerRow | OtherRow>;

type Table = typeof parameters;

/** The values of the table's parameters, by the settings' names. Pulumi.yaml has their meaning, the table their range and unit. */
export type PgbouncerParameters = {
    -readonly [Key in keyof Table]: Table[Key] extends IntegerRow ? number : Table[Key] extends { type: "boolean" } ? boolean : string[];
};

/** The table's rows with their settings' names, in its order. */
export const parameterRows = Object.entries(parameters) as [keyof Table, IntegerRow | OtherRow][];
