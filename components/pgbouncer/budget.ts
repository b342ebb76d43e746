/** Backends of the lookups' own pool: one for auth_query, one for the health check. */
export const lookupPoolSize = 2;

export interface BudgetArgs {
    /** Number of databases served through the pool. */
    databases: number;
    /** Backends for each of them, whatever the number of users. */
    maxDbConnections: number;
}

/** The most backends that one pooler ever holds: `databases × maxDbConnections + lookupPoolSize`. */
export function poolerBackends(args: BudgetArgs): number {
    return args.databases * args.maxDbConnections + lookupPoolSize;
}

/** The most backends that the sidecar ever holds: twice a pooler's, as two stand side by side while a change is rolled out. */
export function budget(args: BudgetArgs): number {
    return 2 * poolerBackends(args);
}

export interface ServerLimits {
    maxConnections: number;
    superuserReservedConnections: number;
    /** `reserved_connections`, 0 before PostgreSQL 16. */
    reservedConnections: number;
}

/** Connections left to the sidecar once the server and the direct clients have theirs. */
export function free(limits: ServerLimits, otherConnections: number): number {
    return limits.maxConnections - limits.superuserReservedConnections - limits.reservedConnections - otherConnections;
}

/** Why the budget does not fit the server, and the greatest maxDbConnections that fits (below 1: none does); undefined if it fits. */
export function overBudget(
    args: BudgetArgs,
    limits: ServerLimits,
    otherConnections: number,
): { what: string; fitting: number } | undefined {
    const need = budget(args);
    const left = free(limits, otherConnections);
    if (need <= left) return undefined;
    const fitting = Math.floor((Math.floor(left / 2) - lookupPoolSize) / args.databases);
    const what =
        `the sidecar may hold ${need} backends (2 × (${args.databases} × maxDbConnections ${args.maxDbConnections} + ${lookupPoolSize} for lookups)), ` +
        `but the database has ${left} to give: max_connections ${limits.maxConnections}, ` +
        `less ${limits.superuserReservedConnections + limits.reservedConnections} reserved and ${otherConnections} for the direct clients (otherConnections)`;
    return { what, fitting };
}
