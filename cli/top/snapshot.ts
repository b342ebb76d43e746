import * as path from "path";
import { lookupRolesOf } from "../../components/authentication/rotation";
import { poolersOf } from "../../components/metrics/queries";
import { poolerBackends, sizesOf } from "../../components/pgbouncer/budget";
import { lookupDatabase } from "../../components/pgbouncer/ini";
import { filled } from "../../findings/template";
import { askConsoles, backendsOf, ConsoleFacts } from "../verify/console";
import { queryJson, rejectUnseen } from "../verify/sessions";
import { clientSessions, othersUnseen } from "../verify/headroom";
import { Target } from "../verify/target";

/** A transaction that is open on the database. */
export interface Transaction {
    pid: number;
    user: string;
    database: string;
    application: string;
    state: string;
    pooled: boolean;
    seconds: number;
    query: string;
}

/** Sessions of one user in one database of the pool, over all processes. */
export interface Pool {
    database: string;
    user: string;
    /** Clients with a backend, and clients that wait for one. */
    active: number;
    waiting: number;
    /** Seconds that the one that has waited longest has waited. */
    longestWait: number;
    /** Backends with a client, and without. */
    busy: number;
    idle: number;
}

/** One look at a stack. */
export interface Snapshot {
    /** ISO time. */
    at: string;
    stack: string;
    pools: Pool[];
    budget: { used: number; pooler: number; roll: number };
    /** What the database says, or why it can't be asked: pools are worth a look all the more when it takes nobody. */
    database: DatabaseSnapshot | { error: string };
}

export interface DatabaseSnapshot {
    /** What the login does not see; undefined if it sees all. */
    unseen?: string;
    connections: { max: number; reserved: number; used: number; left: number };
    /** Direct sessions, by the client's address. */
    direct: { address: string; count: number }[];
    transactions: Transaction[];
}

export interface Look {
    /** Whether the login sees other roles' sessions. */
    seesAll: boolean;
    maxConnections: number;
    reserved: number;
    used: number;
    pooled: number;
    transactions: Transaction[];
    direct: DatabaseSnapshot["direct"];
}

/** Looks at a stack: at the pooler's console, and at the database. Rejects with a UserError if the pooler can't be asked. */
export async function takeSnapshot(target: Target): Promise<Snapshot> {
    const { deployed } = target;
    const sql = filled(path.join(__dirname, "look.sql"), { ...poolersOf(lookupRolesOf(deployed)), clients: clientSessions });
    const [consoles, look] = await Promise.all([
        askConsoles(target).catch(rejectUnseen),
        queryJson<Look>(target, "direct", deployed.databases[0]!, sql).catch(({ message }: Error) => ({ error: message.trim() })),
    ]);
    return snapshotOf(target, consoles, look);
}

/** The snapshot, from what was seen. */
export function snapshotOf(
    { stack, deployed, outputs }: Target,
    consoles: ConsoleFacts[],
    look: Look | { error: string },
    now = new Date(),
): Snapshot {
    return {
        at: now.toISOString(),
        stack,
        pools: poolsOf(consoles),
        budget: {
            used: "error" in look || !look.seesAll ? backendsSeen(consoles) : look.pooled,
            pooler: poolerBackends(sizesOf(deployed)),
            roll: outputs.backendBudget,
        },
        database: "error" in look ? look : databaseOf(look),
    };
}

function databaseOf({ seesAll, maxConnections: max, reserved, used, transactions, direct }: Look): DatabaseSnapshot {
    return {
        ...(seesAll ? {} : { unseen: othersUnseen }),
        connections: { max, reserved, used, left: Math.max(0, max - reserved - used) },
        direct,
        transactions,
    };
}

/** The pooler's backends, as it counts them itself. */
const backendsSeen = (consoles: ConsoleFacts[]) => consoles.flatMap((one) => one.pools).reduce((sum, pool) => sum + backendsOf(pool), 0);

/** Pools of the same name in several processes are one. Those with waiting clients come first. */
function poolsOf(consoles: ConsoleFacts[]): Pool[] {
    const pools = new Map<string, Pool>();
    for (const row of consoles.flatMap((one) => one.pools)) {
        const { database = "", user = "" } = row;
        if (["pgbouncer", lookupDatabase].includes(database)) continue;
        const key = `${database}\0${user}`;
        const pool = pools.get(key) ?? { database, user, active: 0, waiting: 0, longestWait: 0, busy: 0, idle: 0 };
        const number = (column: string) => Number(row[column] ?? 0);
        pools.set(key, {
            ...pool,
            active: pool.active + number("cl_active"),
            waiting: pool.waiting + number("cl_waiting"),
            longestWait: Math.max(pool.longestWait, number("maxwait")),
            busy: pool.busy + number("sv_active") + number("sv_tested") + number("sv_login"),
            idle: pool.idle + number("sv_idle") + number("sv_used"),
        });
    }
    return [...pools.values()].sort((a, b) => b.waiting - a.waiting || b.active - a.active || a.user.localeCompare(b.user));
}
