import { configSet } from "../../../findings/commands";
import { sqlLiteral } from "../../../findings/quoting";
import { randomBytes, randomInt } from "crypto";
import { setTimeout } from "timers/promises";
import { lookupRolesOf } from "../../../components/authentication/rotation";
import { leaksQuery } from "../../../components/metrics/queries";
import { Check, failed, ok, once, Outcome, skipped, warning } from "../check";
import { program } from "../programs";
import { othersUnseen, poolerHidden, unseen } from "../headroom";
import { inPooler, psqlFor, queryJson, reason, words } from "../sessions";
import { replacePooler, Target } from "../target";

/** What later clients saw of the first client's state. */
export interface LeakFacts {
    /** Which state was still there on the first client's backend. Undefined if no other client got that backend; a kind is missing if the login may not leave it. */
    leaked?: Record<string, boolean>;
    /** Number of clients that looked. */
    looked: number;
}

/** Maximum number of clients that look for the first one's backend. */
const mostLooks = 60;

/** Maximum number of them that hold another backend meanwhile. */
const mostHeld = 10;

interface Leak {
    id: string;
    /** What leaves state behind. */
    what: string;
    set: string;
    /** SQL condition: the state is still there. */
    there: string;
    undo: string;
    /** SQL condition: the login may leave it. By default it may. */
    may?: string;
    /** Why it may not, if it may not. */
    without?: string;
}

/** State that is harmless if it really leaks: all names are random, and the role is the session's own. */
function leaks(user: string): Leak[] {
    const name = `sidecar_verify_${randomBytes(6).toString("hex")}`;
    const key = randomInt(1, 2 ** 31);
    return [
        {
            id: "set",
            what: "SET",
            set: `SET sidecar.verify = '${name}'`,
            there: `coalesce(current_setting('sidecar.verify', true), '') = '${name}'`,
            undo: "RESET sidecar.verify",
        },
        {
            id: "role",
            what: "SET ROLE",
            set: `SET ROLE ${sqlLiteral(user)}`,
            there: `current_setting('role') = ${sqlLiteral(user)}`,
            undo: "RESET ROLE",
        },
        {
            id: "temp",
            what: "a temporary table",
            set: `CREATE TEMPORARY TABLE ${name} ()`,
            there: `to_regclass('pg_temp.${name}') IS NOT NULL`,
            undo: `DROP TABLE pg_temp.${name}`,
            may: "pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMP')",
            without: "this login may not create one: it has no TEMP on the database",
        },
        {
            id: "lock",
            what: "an advisory lock",
            set: `SELECT pg_advisory_lock(${key}) \\g /dev/null`,
            there: `EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = ${key} AND pid = pg_backend_pid())`,
            undo: `SELECT pg_advisory_unlock(${key}) \\g /dev/null`,
        },
        {
            id: "prepared",
            what: "PREPARE",
            set: `PREPARE ${name} AS SELECT 1`,
            there: `EXISTS (SELECT FROM pg_prepared_statements WHERE name = '${name}')`,
            undo: `DEALLOCATE ${name}`,
        },
    ];
}

/** psql's programs: what the first client does, and what each does that looks. What the login may not leave is left out of both. */
export function leakPrograms(user: string): { setting: string; looking: string } {
    const all = leaks(user);
    // READ WRITE: a role's or a database's sessions may start read-only, and then create and drop no table.
    const begin = "BEGIN READ WRITE;";
    const rights = `SELECT ${all.map(({ id, may = "true" }) => `${may} AS "may_${id}"`).join(", ")} \\gset`;
    const allowed = (id: string, ...lines: string[]) => [`\\if :may_${id}`, ...lines, "\\endif"];
    const setting = [begin, rights, ...all.flatMap(({ id, set }) => allowed(id, terminated(set))), "SELECT pg_backend_pid();", "COMMIT;"];
    const looking = [
        begin,
        "SELECT pg_backend_pid() = :pid AS same \\gset",
        "\\echo looked",
        "\\if :same",
        rights,
        `SELECT ${all.map(({ id, there }) => `${there} AS "${id}"`).join(", ")} \\gset`,
        ...all.flatMap(({ id, undo }) => allowed(id, `\\echo ${id} :${id}`, `\\if :${id}`, terminated(undo), "\\endif")),
        "\\elif :more",
        '\\! sh -c "$LOOKER"',
        "\\endif",
        "COMMIT;",
    ];
    return { setting: setting.join("\n"), looking: looking.join("\n") };
}

/**
 * One client sets all of it in one transaction and prints its backend's pid. Others look until one of them has the same backend.
 * A client that finds state there removes it in the same transaction. It is one script, so that an interrupted run leaves nothing.
 *
 * pgbouncer hands out the backend that was returned last. A backend opened in between (by min_pool_size, or for another client's
 * query) would hide the first one for good. So a client that has another backend keeps it while the next client looks. It keeps it
 * for 3 s at most: the pool may be full, and others may wait for it.
 */
const look = once(async (target: Target): Promise<LeakFacts> => {
    const { databases, defaultPoolSize } = target.deployed;
    const { command, env } = psqlFor(target, "pooled", databases[0]!);
    const psql = words(...command);
    const { setting, looking } = leakPrograms(target.pooled.user);
    const atOnce = Math.min(mostHeld, defaultPoolSize);
    const looker = program("leaks-looker.sh", { psql, atOnce });
    const script = program("leaks.sh", { psql, chains: Math.ceil(mostLooks / atOnce) });
    const input = { SETTING: setting, LOOKING: looking, LOOKER: looker };
    const ran = await inPooler(target, script, { ...env, ...input }, 60);
    if (ran.code !== 0) throw new Error(`pooled sessions: ${reason(ran)}`);
    return parseLooks(ran.stdout);
});

/** A statement with its semicolon. One that ends in a psql command needs none. */
const terminated = (statement: string) => (statement.includes("\\g") ? statement : `${statement};`);

/** Parses a line `looked` for each client and, if one got the backend, `LEAK t` or `LEAK f` for each leak. */
export function parseLooks(printed: string): LeakFacts {
    const lines = printed.trim().split("\n");
    const found = lines.map((line) => line.split(" ")).filter(([, there]) => there !== undefined);
    return {
        looked: lines.filter((line) => line === "looked").length,
        ...(found.length > 0
            ? { leaked: Object.fromEntries(found.map(([id, there]) => [id, there === "t"])) as Record<string, boolean> }
            : {}),
    };
}

/** Whether one kind of state leaked. In fast mode that is only a warning: the setting accepts it. */
export function judgeLeak(
    { looked, leaked }: LeakFacts,
    { id, what, without }: Pick<Leak, "id" | "what" | "without">,
    strict: boolean,
    up: string,
): Outcome {
    if (!leaked) return skipped(`the pool is busy: none of ${looked} clients got the backend on which ${what} was left`);
    const seen = `client ${looked} of those that looked got that backend`;
    if (leaked[id] === undefined) return skipped(`${what}: ${without ?? "it was not left"}`);
    if (!leaked[id]) return ok(`${what} was gone: ${seen}`);
    if (!strict) return warning(`${what} leaked: the price of serverResetQueryAlways = false. It was removed again; ${seen}`);
    return failed(`${what} leaked to the next client; ${seen}`, replacePooler(up));
}

/** What a client has left behind in backends of the pool. */
export interface LeftBehind {
    kind: string;
    user: string;
    database: string;
    application: string;
    count: number;
}

type Reset = Pick<Target, "stack" | "upCommand"> & { deployed: Pick<Target["deployed"], "serverResetQueryAlways" | "serverResetEnforced"> };

/** Limits of the query; docs/OBSERVABILITY.md has them too. */
const notSeen =
    "not seen: temporary tables before PostgreSQL 16 or beyond the first of databases, and a SET or LISTEN that was not the last statement";

/** A strict pool resets each backend, so that what is there means that a reset has failed, which pgbouncer does not report. */
export function judgeLeftBehind(found: LeftBehind[], { deployed, stack, upCommand: up }: Reset): Outcome {
    const { serverResetQueryAlways: strict, serverResetEnforced: enforced } = deployed;
    if (found.length === 0) return ok(`nothing in any idle backend; ${notSeen}`);
    const all = found.map(({ kind, user, database, application, count }) => `${count} × ${kind} by ${user}${application ? ` (${application})` : ""} in ${database}`); // prettier-ignore
    const saw = all.join(", ");
    if (!strict) return warning(saw);
    // The changed setting is reloaded, and all backends with it.
    const fix = enforced ? replacePooler(up) : `${configSet({ stack }, "serverResetEnforced", "true")}; ${up}`;
    return failed(`${saw}: a reset has failed, and the next clients get it`, fix);
}

const leftBehind: Check = {
    id: "left-behind",
    proves: "no client has left an advisory lock, a temporary table, SET or LISTEN in a backend of the pool",
    run: async (target) => {
        const { serverResetQueryAlways: strict } = target.deployed;
        const all = `SELECT coalesce(json_agg(found), '[]') FROM (${leaksQuery(lookupRolesOf(target.deployed), strict)}) AS found`;
        const sql = `SELECT CASE WHEN pg_has_role('pg_read_all_stats', 'USAGE') THEN (${all}) ELSE 'null' END`;
        const look = () => queryJson<LeftBehind[] | null>(target, "direct", target.deployed.databases[0]!, sql);
        const found = await look();
        if (found === null) return skipped(othersUnseen);
        if (found.length === 0) return judgeLeftBehind(found, target);
        // Direct clients have the poolers' address, too: what was found may be theirs.
        if (await poolerHidden(target)) return skipped(`the pooler's backends are not distinguished from direct clients': ${unseen}`);
        await setTimeout(1000); // a reset may be under way
        return judgeLeftBehind((await look()) ?? [], target);
    },
};

export const leakChecks: Check[] = [
    leftBehind, // before the others leave something behind themselves
    ...leaks("").map((leak) => ({
        id: `leak-${leak.id}`,
        proves: `what one client leaves behind with ${leak.what} does not reach the next`,
        needs: ["query"],
        run: async (target: Target) => judgeLeak(await look(target), leak, target.deployed.serverResetQueryAlways, target.upCommand),
    })),
];
