import { lookupPoolSize } from "./budget";

/** What holds sessions of the lookup role at the same time at most. The role is refused any more: a limit that is too low costs logins. */
export function lookupShares(processes: number): { what: string; connections: number }[] {
    const pooler = processes * lookupPoolSize;
    return [
        { what: "two poolers, side by side in a roll", connections: 2 * pooler },
        // pgbouncer counts a backend that it has closed no longer; PostgreSQL does until it has ended.
        { what: "the backends that they have just replaced, after a reload", connections: 2 * pooler },
        { what: "a proof, of changed settings or of a new pooler, and one that has just ended", connections: 2 * lookupPoolSize },
        { what: "run, which looks for an address of the database in each of the two poolers", connections: 2 },
        { what: "accept and pause, which look for it as well", connections: 2 },
        { what: "./sidecar verify, which logs in as the role", connections: 1 },
    ];
}

/** The connections that the lookup role may have: the sum of `lookupShares`. */
export function lookupConnections(processes: number): number {
    return lookupShares(processes).reduce((sum, { connections }) => sum + connections, 0);
}
