import { configSet, OfStack } from "../../findings/commands";

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

/** The most backends that the sidecar ever holds: twice a pooler's, because two run side by side during a roll. */
export function budget(args: BudgetArgs): number {
    return 2 * poolerBackends(args);
}

export interface ServerLimits {
    maxConnections: number;
    superuserReservedConnections: number;
    /** `reserved_connections`, 0 before PostgreSQL 16. */
    reservedConnections: number;
}

/** Connections that are left for the sidecar after the server's reserved ones and the direct clients' share. */
export function free(limits: ServerLimits, otherConnections: number): number {
    return limits.maxConnections - limits.superuserReservedConnections - limits.reservedConnections - otherConnections;
}

/** Why the budget does not fit the server and what fixes that, or undefined if it fits. */
export function overBudget(
    args: BudgetArgs,
    limits: ServerLimits,
    otherConnections: number,
    stack: OfStack,
): { what: string; fix: string } | undefined {
    const need = budget(args);
    const left = free(limits, otherConnections);
    if (need <= left) return undefined;
    const fitting = Math.floor((Math.floor(left / 2) - lookupPoolSize) / args.databases);
    return {
        what:
            `the sidecar may hold ${need} backends (2 × (${args.databases} × maxDbConnections ${args.maxDbConnections} + ${lookupPoolSize} for lookups)), ` +
            `but the database has ${left} to give: max_connections ${limits.maxConnections}, ` +
            `less ${limits.superuserReservedConnections + limits.reservedConnections} reserved and ${otherConnections} for the direct clients (otherConnections)`,
        fix:
            fitting >= 1
                ? `${configSet(stack, "maxDbConnections", String(fitting))}   (and defaultPoolSize to at most that)`
                : `raise the server's max_connections, or lower otherConnections if the direct clients use fewer`,
    };
}
