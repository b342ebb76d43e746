import { BudgetArgs } from "../pgbouncer/budget";

/**
 * The connections that the role of pgAdmin's people may have: those of two poolers side by side in a roll, and once more as many,
 * which were replaced after a reload and which PostgreSQL has not ended yet. `-1`, for no limit, if pgAdmin has a direct entry, too:
 * its tabs would take the pool's.
 */
export function roleConnections(
    { databases, maxDbConnections }: Pick<BudgetArgs, "databases" | "maxDbConnections">,
    direct: boolean,
): number {
    return direct ? -1 : 2 * 2 * databases * maxDbConnections;
}
