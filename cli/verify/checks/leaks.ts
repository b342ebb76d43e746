import { randomBytes, randomInt } from "crypto";
import { Check, failed, ok, once, Outcome, skipped, warning } from "../check";
import { program } from "../programs";
import { inPooler, literal, psqlFor, reason, words } from "../sessions";
import { Target } from "../target";

/** What the next clients saw of one client's state. */
export interface LeakFacts {
    /** Which of the leaks were there, on the backend that the first client had. Undefined where nobody got that backend again. */
    leaked?: Record<string, boolean>;
    /** Clients that looked. */
    looked: number;
}

/** Most clients that look for the first one's backend. */
const mostLooks = 60;

/** Most of them that hold another backend meanwhile. */
const mostHeld = 10;

interface Leak {
    id: string;
    /** What leaves a state behind. */
    what: string;
    set: string;
    /** SQL that is true where the state is still there. */
    there: string;
    undo: string;
}

/** State that harms nobody, should it really leak: all names are random, and the role is the session's own. */
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
            set: `SET ROLE ${literal(user)}`,
            there: `current_setting('role') = ${literal(user)}`,
            undo: "RESET ROLE",
        },
        {
            id: "temp",
            what: "a temporary table",
            set: `CREATE TEMPORARY TABLE ${name} ()`,
            there: `to_regclass('pg_temp.${name}') IS NOT NULL`,
            undo: `DROP TABLE pg_temp.${name}`,
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

/**
 * One client sets all of it in one transaction and tells its backend; others look until one has the same backend. Whoever
 * finds something there takes it away in the same transaction. One script, so that a run that is cut leaves nothing.
 *
 * pgbouncer hands out the backend that came back last, so that one opened in between (by min_pool_size, or for somebody
 * else's query) would hide the first for good: whoever has another keeps it while the next one looks, but no longer than
 * 3 s, where the pool has no more to give and others wait for it.
 */
const look = once(async (target: Target): Promise<LeakFacts> => {
    const { databases, defaultPoolSize } = target.deployed;
    const all = leaks(target.login.user);
    const { command, env } = psqlFor(target, "pooled", databases[0]!);
    const psql = words(...command);
    const setting = ["BEGIN;", ...all.map(({ set }) => terminated(set)), "SELECT pg_backend_pid();", "COMMIT;"];
    const looking = [
        "BEGIN;",
        "SELECT pg_backend_pid() = :pid AS same \\gset",
        "\\echo looked",
        "\\if :same",
        `SELECT ${all.map(({ id, there }) => `${there} AS "${id}"`).join(", ")} \\gset`,
        ...all.flatMap(({ id, undo }) => [`\\echo ${id} :${id}`, `\\if :${id}`, terminated(undo), "\\endif"]),
        "\\elif :more",
        '\\! sh -c "$LOOKER"',
        "\\endif",
        "COMMIT;",
    ];
    const atOnce = Math.min(mostHeld, defaultPoolSize);
    const looker = program("leaks-looker.sh", { psql, atOnce });
    const script = program("leaks.sh", { psql, chains: Math.ceil(mostLooks / atOnce) });
    const input = { SETTING: setting.join("\n"), LOOKING: looking.join("\n"), LOOKER: looker };
    const ran = await inPooler(target, script, { ...env, ...input }, 60);
    if (ran.code !== 0) throw new Error(`pooled sessions: ${reason(ran)}`);
    return parseLooks(ran.stdout);
});

/** A statement with its semicolon; one that ends in a psql command sends itself. */
const terminated = (statement: string) => (statement.includes("\\g") ? statement : `${statement};`);

/** Reads a line `looked` for each client, and `LEAK t` or `LEAK f` for each leak where the backend was found. */
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

/** Whether one kind of state leaked, which in fast mode is the price that was chosen. */
export function judgeLeak({ looked, leaked }: LeakFacts, { id, what }: Pick<Leak, "id" | "what">, strict: boolean, up: string): Outcome {
    if (!leaked) return skipped(`the pool is busy: none of ${looked} clients got the backend on which ${what} was left`);
    const seen = `client ${looked} of those that looked had the very backend`;
    if (!leaked[id]) return ok(`${what} was gone: ${seen}`);
    if (!strict) return warning(`${what} leaked: the price of serverResetQueryAlways = false. Taken away again; ${seen}`);
    return failed(`${what} leaked to the next client; ${seen}`, `${up} --replace '**Container::pgbouncer'`);
}

export const leakChecks: Check[] = leaks("").map(({ id, what }) => ({
    id: `leak-${id}`,
    proves: `what one client leaves by ${what} does not reach the next`,
    needs: ["query"],
    run: async (target) => judgeLeak(await look(target), { id, what }, target.deployed.serverResetQueryAlways, target.upCommand),
}));
