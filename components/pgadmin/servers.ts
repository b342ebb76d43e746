/** What goes into the stack's server entries. */
export interface ServerEntry {
    /** The pooler's name on the sidecar's network. */
    host: string;
    port: number;
    /** Databases served. pgAdmin connects to the first. */
    databases: string[];
    /** Suggested login; pgAdmin asks for the password. */
    username: string;
    /** The database itself, for a second entry that bypasses the pooler; none by default. */
    direct?: { host: string; port: number };
}

/** Marks the stack's own entries, so that one that is no longer wanted can be removed. */
export const entryMark = "Made by pg-sidecar.";

/** Renders pgAdmin's servers.json: an entry through the pooler and, if `direct` is set, one without it. Both list only the databases served. */
export function renderServers(entry: ServerEntry): string {
    const [maintenance] = entry.databases;
    if (maintenance === undefined) throw new Error("databases: at least one has to be served");
    const server = (way: string, { host, port }: { host: string; port: number }, sslmode: string) => ({
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
        SSLMode: sslmode,
        ConnectionParameters: { sslmode, connect_timeout: 10 },
    });
    const servers = {
        1: server("via pgbouncer", entry, "disable"),
        ...(entry.direct ? { 2: server("direct", entry.direct, "prefer") } : {}),
    };
    return JSON.stringify({ Servers: servers }, undefined, 2) + "\n";
}
