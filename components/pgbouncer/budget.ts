import { configSet, OfStack } from "../../findings/commands";
import { error, Finding, warning } from "../../findings/finding";

/** Backends of the lookups' own pool in each process: one for auth_query, one for the health check. */
export const lookupPoolSize = 2;

export interface BudgetArgs {
    /** Number of databases served through the pool. */
    databases: number;
    /** Backends for each of them, whatever the number of users. */
    maxDbConnections: number;
    /** Processes of the pooler. They share `maxDbConnections`, and each has a pool for lookups. */
    processes: number;
}

/** The settings that decide a pooler's sizes. */
export interface SizeSettings {
    databases: string[];
    maxDbConnections: number;
    processes: number;
}

export const sizesOf = ({ databases, maxDbConnections, processes }: SizeSettings): BudgetArgs => ({
    databases: databases.length,
    maxDbConnections,
    processes,
});

/** The most backends that one pooler ever holds: `databases × maxDbConnections + processes × lookupPoolSize`. */
export function poolerBackends({ databases, maxDbConnections, processes }: BudgetArgs): number {
    return databases * maxDbConnections + processes * lookupPoolSize;
}

/** Open files that each process of a pooler needs: one for each client and backend, and 64 of its own. `run` checks that it may open them. */
export function openFiles(settings: SizeSettings & { maxClientConn: number }): number {
    return settings.maxClientConn + poolerBackends(sizesOf(settings)) + 64;
}

/** The most backends that the sidecar ever holds: twice a pooler's, because two run side by side during a roll. */
export function budget(args: BudgetArgs): number {
    return 2 * poolerBackends(args);
}

/** The most that it holds while no roll is under way: a pooler's, and those with which changed settings are proved. */
export function steadyBudget(args: BudgetArgs): number {
    return poolerBackends(args) + lookupPoolSize;
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

/** What a pooler keeps that can't take the new settings. */
export interface Kept extends BudgetArgs {
    /** Whether it would take smaller pools if only its processes stayed as many. */
    shrinks: boolean;
}

/** What the judgement of a budget is about. */
export interface BudgetCase {
    args: BudgetArgs;
    limits: ServerLimits;
    otherConnections: number;
    /** Whether this run replaces a pooler, so that two run side by side. */
    rolls: boolean;
    /** What the pooler that this run replaces keeps until it is gone, if it can't take the new settings. */
    keeps?: Kept;
    stack: OfStack;
    /** The command that runs `pulumi up`. */
    up: string;
}

const raise = "raise the server's max_connections, or lower otherConnections if the direct clients use fewer";

/** A pooler takes smaller pools by a reload as long as it has the processes that it was started with. */
function inTwoRuns(keeps: BudgetArgs, { databases, processes }: BudgetArgs, left: number, { stack, up }: BudgetCase): string {
    const value = Math.floor((left - (keeps.processes + processes) * lookupPoolSize) / (2 * databases));
    if (value < Math.max(keeps.processes, processes)) return raise;
    const first = `${configSet(stack, "processes", String(keeps.processes))}; ${configSet(stack, "maxDbConnections", String(value))}; ${up}`;
    return `${first}; ${configSet(stack, "processes", String(processes))}; ${up}   (and defaultPoolSize to at most ${value} first; a reload sets them back)`;
}

/**
 * What is wrong with a budget, and the fix; undefined if nothing is. It is an error if this run may exceed what the server has
 * to give, and a warning if only the next roll may.
 */
export function overBudget(budgetCase: BudgetCase): Finding | undefined {
    const { args, limits, otherConnections, rolls, keeps, stack } = budgetCase;
    const left = free(limits, otherConnections);
    const gives =
        `the database has ${left} left: max_connections ${limits.maxConnections}, ` +
        `less ${limits.superuserReservedConnections + limits.reservedConnections} reserved and ${otherConnections} for the direct clients (otherConnections)`;
    const { databases, maxDbConnections, processes } = args;
    const lookups = processes * lookupPoolSize;
    const one = `${databases} × maxDbConnections ${maxDbConnections} + ${lookups} for lookups`;
    const fits = (pooler: number) => Math.floor((pooler - lookups) / databases);
    const fix = (value: number, more = "") =>
        value >= processes
            ? `${configSet(stack, "maxDbConnections", String(value))}   (and defaultPoolSize to at most that${more})`
            : raise;
    const setBack = "; after the roll, a reload sets them back";
    if (rolls && keeps && poolerBackends(keeps) + poolerBackends(args) > left) {
        return error(
            `maxDbConnections: this run replaces the pooler, which can't take the new settings and may hold ${poolerBackends(keeps)} backends ` +
                `until it is gone. The new one may hold ${poolerBackends(args)} (${one}), but ${gives}`,
            keeps.shrinks ? inTwoRuns(keeps, args, left, budgetCase) : fix(fits(left - poolerBackends(keeps)), setBack),
        );
    }
    if (rolls && !keeps && budget(args) > left) {
        return error(
            `maxDbConnections: this run replaces the pooler, and two side by side may hold ${budget(args)} backends (2 × (${one})), but ${gives}`,
            fix(fits(Math.floor(left / 2)), setBack),
        );
    }
    if (steadyBudget(args) > left) {
        return error(
            `maxDbConnections: the sidecar may hold ${steadyBudget(args)} backends (${one}, ${lookupPoolSize} to prove changed settings), but ${gives}`,
            fix(fits(left - lookupPoolSize)),
        );
    }
    if (budget(args) > left) {
        return warning(
            `maxDbConnections: the sidecar fits until its next roll, in which two poolers may hold ${budget(args)} backends (2 × (${one})); ${gives}`,
            fix(fits(Math.floor(left / 2)), "; needed only before a roll, and a reload sets them back"),
        );
    }
    return undefined;
}
