import { lookupPoolSize } from "./budget";

/** Name of the `[databases]` entry through which lookups and the health check go, so that no saturated pool holds them up. */
export const lookupDatabase = "pgbouncer_lookup";

/** Where the uploaded files lie in the image. */
export const configDir = "/etc/pgbouncer";

/** What goes into pgbouncer.ini, by pgbouncer's own names. */
export interface PgbouncerIni {
    /** The database's name on its Docker network. */
    databaseHost: string;
    databasePort: number;
    /** Databases served; the lookup function lives in the first. */
    databases: string[];
    listenPort: number;
    maxClientConn: number;
    /** Backends for each user and database pair. */
    defaultPoolSize: number;
    minPoolSize: number;
    reservePoolSize: number;
    /** Seconds. */
    reservePoolTimeout: number;
    /** Backends for each database. */
    maxDbConnections: number;
    /** Seconds; so are all timeouts below, and 0 is for ever. */
    serverIdleTimeout: number;
    idleTransactionTimeout: number;
    queryWaitTimeout: number;
    queryTimeout: number;
    /** Seconds that a client has to log in. Until then it holds a client slot, whoever it is. */
    clientLoginTimeout: number;
    /** Whether session state is discarded after each transaction. */
    serverResetQueryAlways: boolean;
    /**
     * Startup parameters that are dropped in silence. Any other that pgbouncer doesn't track refuses the login. `options` has every
     * `-c name=value` dropped: a client's search_path, too.
     */
    ignoreStartupParameters: string[];
    adminUsers: string[];
    authUser: string;
    /** Lookup function, schema-qualified. */
    authFunction: string;
}

/** The value as it is, or an error where it could break out of its line or its quotes. */
function word(key: string, value: string): string {
    if (!/^[A-Za-z0-9._-]+$/.test(value)) {
        throw new Error(`${key}: ${JSON.stringify(value)} can't stand in pgbouncer.ini; use letters, digits, '.', '_' and '-' only`);
    }
    return value;
}

function count(key: string, value: number): string {
    if (!Number.isInteger(value) || value < 0) {
        throw new Error(`${key}: ${value} can't stand in pgbouncer.ini; use a whole number`);
    }
    return String(value);
}

/** Renders pgbouncer.ini. Throws an error that names the key where a value could break out of its line. */
export function renderIni(ini: PgbouncerIni): string {
    const server = `host=${word("databaseHost", ini.databaseHost)} port=${count("databasePort", ini.databasePort)}`;
    const databases = ini.databases.map((database) => word("databases", database));
    if (databases.length === 0) throw new Error("databases: at least one has to be served");
    const lookup = `SELECT uname, phash FROM ${word("authFunction", ini.authFunction)}($1)`;
    const authUser = word("authUser", ini.authUser);
    return [
        "[databases]",
        ...databases.map((database) => `${database} = ${server} dbname=${database}`),
        `; For lookups and the health check alone: nobody else's login is found here.`,
        `${lookupDatabase} = ${server} dbname=${databases[0]} pool_size=${lookupPoolSize} min_pool_size=0 reserve_pool_size=0 ` +
            `max_db_connections=${lookupPoolSize} auth_query='${lookup} WHERE false'`,
        "",
        "[pgbouncer]",
        "listen_addr = *",
        `listen_port = ${count("listenPort", ini.listenPort)}`,
        "unix_socket_dir = /var/run/pgbouncer",
        "auth_type = scram-sha-256",
        `auth_file = ${configDir}/userlist.txt`,
        `auth_user = ${authUser}`,
        `auth_dbname = ${lookupDatabase}`,
        // The function's one row is all NULL for an unknown name, which pgbouncer takes for a mistake in its configuration.
        `auth_query = ${lookup} WHERE uname IS NOT NULL`,
        `admin_users = ${ini.adminUsers.map((user) => word("adminUsers", user)).join(", ")}`,
        `stats_users = ${authUser}`,
        "pool_mode = transaction",
        `max_client_conn = ${count("maxClientConn", ini.maxClientConn)}`,
        `default_pool_size = ${count("defaultPoolSize", ini.defaultPoolSize)}`,
        `min_pool_size = ${count("minPoolSize", ini.minPoolSize)}`,
        `reserve_pool_size = ${count("reservePoolSize", ini.reservePoolSize)}`,
        `reserve_pool_timeout = ${count("reservePoolTimeout", ini.reservePoolTimeout)}`,
        `max_db_connections = ${count("maxDbConnections", ini.maxDbConnections)}`,
        `server_idle_timeout = ${count("serverIdleTimeout", ini.serverIdleTimeout)}`,
        `idle_transaction_timeout = ${count("idleTransactionTimeout", ini.idleTransactionTimeout)}`,
        `query_wait_timeout = ${count("queryWaitTimeout", ini.queryWaitTimeout)}`,
        `query_timeout = ${count("queryTimeout", ini.queryTimeout)}`,
        "server_reset_query = DISCARD ALL",
        `server_reset_query_always = ${ini.serverResetQueryAlways ? 1 : 0}`,
        `client_login_timeout = ${count("clientLoginTimeout", ini.clientLoginTimeout)}`,
        "; The last comma averts CVE-2026-107349: without an empty name in the list, an unauthenticated client can hang the pooler.",
        `ignore_startup_parameters = ${ini.ignoreStartupParameters.map((one) => word("ignoreStartupParameters", one)).join(",")},`,
        // A database that comes back is tried again within a second, not within 15.
        "server_login_retry = 1",
        // The health check logs in every few seconds: without these two it would fill the log.
        "log_connections = 0",
        "log_disconnections = 0",
        "",
    ].join("\n");
}

/** Renders userlist.txt: the one line of the lookup role, in plain text since a verifier can't log in to a server. */
export function renderUserlist(user: string, password: string): string {
    if (!/^[A-Za-z0-9]+$/.test(password)) {
        throw new Error("the lookup role's password can't stand in userlist.txt; use letters and digits only");
    }
    return `"${word("authUser", user)}" "${password}"\n`;
}
