/** What goes into the stack's server entries. */
export interface ServerEntry {
    /** The pooler's name on the sidecar's network. */
    host: string;
    port: number;
    /** Databases served. pgAdmin connects to the first. */
    databases: string[];
    /** Suggested login; pgAdmin asks for the password, unless there is a `passfile`. */
    username: string;
    /** Whether the passwords are in a file of the login's (see `passfile`); default: no. */
    passfile?: boolean;
    /** The database itself, for a second entry that bypasses the pooler; none by default. */
    direct?: { host: string; port: number };
    /** PEM of the CA with which pgAdmin checks the pooler's certificate; without one, it connects without TLS. */
    poolerCa?: string;
    /** Whether every user of pgAdmin has the entries, each with a login of their own; by default the stack's login alone. */
    shared?: boolean;
}

/** File of that CA in the login's storage, where pgAdmin looks for it. refresh.py puts it there. */
export const poolerCaFile = "/pg-sidecar-ca.pem";

/** Marks the stack's own entries, so that one that is no longer wanted can be removed. */
export const entryMark = "Made by pg-sidecar.";

/** The file of passwords, in the folder that pgAdmin has for the login's files. */
export const passfile = "/.pg-sidecar.pgpass"; // as refresh.py has it

/** Renders pgAdmin's servers.json: an entry through the pooler and, if `direct` is set, one without it. Both list only the databases served. */
export function renderServers(entry: ServerEntry): string {
    const [maintenance] = entry.databases;
    if (maintenance === undefined) throw new Error("databases: at least one has to be served");
    const server = (way: string, { host, port }: { host: string; port: number }, tls: { sslmode: string; sslrootcert?: string }) => ({
        Name: `${maintenance} (${way})`,
        Comment: entryMark,
        Group: "Servers",
        Host: host,
        Port: port,
        MaintenanceDB: maintenance,
        Username: entry.username,
        // Each database that a user expands is another connection, and the pooler serves only these. As plain names: since 9.x pgAdmin
        // compares them literally, and with quotes around them the tree stays empty.
        DBRestriction: entry.databases.join(","),
        DBRestrictionType: "databases",
        SSLMode: tls.sslmode,
        ConnectionParameters: { ...tls, connect_timeout: 10, ...(entry.passfile ? { passfile } : {}) },
        ...(entry.shared ? { Shared: true, SharedUsername: entry.username } : {}),
    });
    // The CA is in the folder of the stack's login, where pgAdmin looks for nobody else: a shared entry can't check with it.
    const checked = entry.shared ? { sslmode: "require" } : { sslmode: "verify-full", sslrootcert: poolerCaFile };
    const servers = {
        1: server("via pgbouncer", entry, entry.poolerCa ? checked : { sslmode: "disable" }),
        ...(entry.direct ? { 2: server("direct", entry.direct, { sslmode: "prefer" }) } : {}),
    };
    return JSON.stringify({ Servers: servers, ...(entry.poolerCa ? { PoolerCa: entry.poolerCa } : {}) }, undefined, 2) + "\n";
}
