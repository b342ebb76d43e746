import { lookupPoolSize } from "./budget";
import { statsAccount } from "./console";
import { parameterRows, PgbouncerParameters } from "./parameters";
import { TlsIni, tlsLines } from "./tls";

/** Name of the `[databases]` entry through which lookups and the health check go, so that a saturated pool does not block them. */
export const lookupDatabase = "pgbouncer_lookup";

/** Folder of the files that an ini names. `resolved` in `common` puts the one of the settings in force in its place. */
export const configDir = "/etc/pg-sidecar";

/** What goes into pgbouncer.ini: the table's parameters, and what makes up more than one line. */
export interface PgbouncerIni extends PgbouncerParameters, TlsIni {
    /** The database's name on its Docker network. */
    databaseHost: string;
    databasePort: number;
    /** Databases served; the lookup function is in the first. */
    databases: string[];
    listenPort: number;
    /** Processes of pgbouncer that share the port. */
    processes: number;
    /** Users who may use the admin console. */
    adminUsers: string[];
    /** The lookup role in force. */
    authUser: string;
    /** Whether the console has a user for exporters. */
    metrics: boolean;
    /** Whether pgbouncer logs who connects, and for how long. */
    logConnections: boolean;
    /** Lookup function, schema-qualified. */
    authFunction: string;
}

/** Returns the value, or throws if it could break out of its line or its quotes. */
function word(key: string, value: string): string {
    if (!/^[A-Za-z0-9._-]+$/.test(value)) {
        throw new Error(`${key}: ${JSON.stringify(value)} can't be written into pgbouncer.ini; use letters, digits, '.', '_' and '-' only`);
    }
    return value;
}

function count(key: string, value: number): string {
    if (!Number.isInteger(value) || value < 0) {
        throw new Error(`${key}: ${value} can't be written into pgbouncer.ini; use a whole number`);
    }
    return String(value);
}

/** A parameter's value in pgbouncer's own form. */
function rendered(key: string, value: number | boolean | string[], [no, yes]: readonly [string, string] = ["0", "1"]): string {
    if (typeof value === "number") return count(key, value);
    if (typeof value === "boolean") return value ? yes : no;
    return `${value.map((one) => word(key, one)).join(",")},`; // the last comma: see the table
}

/** Part `number` (from 1) of a whole that is divided into so many parts as evenly as whole numbers can be. */
export function share(whole: number, parts: number, number: number): number {
    return Math.floor(whole / parts) + (number <= whole % parts ? 1 : 0);
}

/** The lines of the table's parameters for one of the processes. */
function parameterLines(ini: PgbouncerIni, number: number): string[] {
    return parameterRows.flatMap(([key, row]) => {
        const value = ini[key];
        const its = "shared" in row && Number.isInteger(value) ? share(value as number, ini.processes, number) : value;
        return [...(row.above ? [row.above] : []), `${row.ini} = ${rendered(key, its, "values" in row ? row.values : undefined)}`];
    });
}

/** Folder of a process's socket. The first has the one where people look for it; `common` has the same rule. */
export const socketDir = (number: number, ofFirst = "/tmp/pgbouncer") => `${ofFirst}${number === 1 ? "" : `/${number}`}`;

/** Renders the ini of each process. Several of them listen on one port. */
export function renderInis(ini: PgbouncerIni): string[] {
    return numbers(ini.processes).map((number) => renderIni(ini, number));
}

/** 1 to `upTo`: the processes. */
export const numbers = (upTo: number) => Array.from({ length: upTo }, (_, at) => at + 1);

/** With these, a process passes a cancel request on to the one that has the session. */
function peerLines({ processes, listenPort }: PgbouncerIni): string[] {
    if (processes === 1) return [];
    return ["[peers]", ...numbers(processes).map((peer) => `${peer} = host=${socketDir(peer)} port=${listenPort}`), ""];
}

/** Renders the ini of one process. Throws an error that names the setting if its value could break out of its line. */
export function renderIni(ini: PgbouncerIni, number = 1): string {
    const server = `host=${word("databaseHost", ini.databaseHost)} port=${count("databasePort", ini.databasePort)}`;
    const databases = ini.databases.map((database) => word("databases", database));
    if (databases.length === 0) throw new Error("databases: name at least one");
    const lookup = `SELECT uname, phash FROM ${word("authFunction", ini.authFunction)}($1)`;
    const authUser = word("authUser", ini.authUser);
    return [
        "[databases]",
        ...databases.map((database) => `${database} = ${server} dbname=${database}`),
        `; For lookups and the health check alone: nobody else's login is found here.`,
        `${lookupDatabase} = ${server} dbname=${databases[0]} pool_size=${lookupPoolSize} min_pool_size=0 reserve_pool_size=0 ` +
            `max_db_connections=${lookupPoolSize} auth_query='${lookup} WHERE false'`,
        "",
        ...peerLines(ini),
        "[pgbouncer]",
        ...(ini.processes > 1 ? ["so_reuseport = 1", `peer_id = ${number}`] : []),
        "listen_addr = *",
        // A client that has connected and not sent anything yet shows as a login, and a pooler that leaves waits for it.
        "tcp_defer_accept = 0",
        `listen_port = ${count("listenPort", ini.listenPort)}`,
        `unix_socket_dir = ${socketDir(number)}`,
        ...(ini.metrics ? ["auth_type = hba", `auth_hba_file = ${configDir}/hba`] : ["auth_type = scram-sha-256"]),
        `auth_file = ${configDir}/userlist.txt`,
        `auth_user = ${authUser}`,
        `auth_dbname = ${lookupDatabase}`,
        // The function's one row is all NULL for an unknown name, which pgbouncer would report as a configuration error.
        `auth_query = ${lookup} WHERE uname IS NOT NULL`,
        `admin_users = ${ini.adminUsers.map((user) => word("adminUsers", user)).join(", ")}`,
        `stats_users = ${[authUser, ...(ini.metrics ? [statsAccount.name] : [])].join(", ")}`,
        "pool_mode = transaction",
        ...parameterLines(ini, number),
        ...tlsLines(ini),
        // A database that comes back is tried again within 1 s, not 15 s.
        "server_login_retry = 1",
        // The health check and `run` log in every few seconds, and would fill the log.
        `log_connections = ${ini.logConnections ? 1 : 0}`,
        `log_disconnections = ${ini.logConnections ? 1 : 0}`,
        "",
    ].join("\n");
}

/**
 * Renders userlist.txt: a line for the lookup role, and one without a password for the exporters' user if there is one. The role's
 * password is plain text, because a verifier is not enough to log in to a server. It comes first: the scripts' passfile takes that one.
 */
export function renderUserlist(user: string, password: string, metrics = false): string {
    if (!/^[A-Za-z0-9]+$/.test(password)) {
        throw new Error("the lookup role's password can't be written into userlist.txt; use letters and digits only");
    }
    return `"${word("authUser", user)}" "${password}"\n${metrics ? `"${statsAccount.name}" ""\n` : ""}`;
}
