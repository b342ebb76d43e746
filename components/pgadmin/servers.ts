/** What the pre-registered server entry is made of. */
export interface ServerEntry {
    /** The pooler's name on the sidecar's network. */
    host: string;
    port: number;
    /** Databases served; the first is the one pgAdmin connects to. */
    databases: string[];
    /** Login that the entry proposes; pgAdmin asks for the password. */
    username: string;
    /** The database itself, for a second entry that goes past the pooler; none by default. */
    direct?: { host: string; port: number };
}

/** Marks the entries that are the stack's own, so that one which is no longer wanted can be taken away. */
export const entryMark = "Made by pg-sidecar.";

/** Renders pgAdmin's servers.json: an entry through the pooler, and one directly where that is wanted; both list just the databases served. */
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
        // Each database that a user expands is a connection of its own, and the pooler knows no others.
        // As plain names: since 9.x they are compared as they stand, and with quotes around them the tree stays empty.
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
