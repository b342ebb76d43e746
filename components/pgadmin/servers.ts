/** What the pre-registered server entry is made of. */
export interface ServerEntry {
    /** The pooler's name on the sidecar's network. */
    host: string;
    port: number;
    /** Databases served; the first is the one pgAdmin connects to. */
    databases: string[];
    /** Login that the entry proposes; pgAdmin asks for the password. */
    username: string;
}

/** Renders pgAdmin's servers.json: one entry, through the pooler, that lists just the databases the pooler serves. */
export function renderServers(entry: ServerEntry): string {
    const [maintenance] = entry.databases;
    if (maintenance === undefined) throw new Error("databases: at least one has to be served");
    const server = {
        Name: `${maintenance} (via pgbouncer)`,
        Group: "Servers",
        Host: entry.host,
        Port: entry.port,
        MaintenanceDB: maintenance,
        Username: entry.username,
        // Each database that a user expands is a connection of its own, and the pooler knows no others.
        // As plain names: since 9.x they are compared as they stand, and with quotes around them the tree stays empty.
        DBRestriction: entry.databases.join(","),
        DBRestrictionType: "databases",
        SSLMode: "disable",
        ConnectionParameters: { sslmode: "disable", connect_timeout: 10 },
    };
    return JSON.stringify({ Servers: { 1: server } }, undefined, 2) + "\n";
}
