import { randomBytes, randomInt } from "crypto";
import { Check, failed, ok, once, Outcome, skipped, warning } from "../check";
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
 */
const look = once(async (on: Target): Promise<LeakFacts> => {
    const all = leaks(on.login.user);
    const { command, env } = psqlFor(on, "pooled", on.deployed.databases[0]!);
    const setting = ["BEGIN;", ...all.map(({ set }) => terminated(set)), "SELECT pg_backend_pid();", "COMMIT;"];
    const looking = [
        "BEGIN;",
        "SELECT pg_backend_pid() = :pid AS same \\gset",
        "\\if :same",
        `SELECT ${all.map(({ id, there }) => `${there} AS "${id}"`).join(", ")} \\gset`,
        ...all.flatMap(({ id, undo }) => [`\\echo ${id} :${id}`, `\\if :${id}`, terminated(undo), "\\endif"]),
        "\\endif",
        "COMMIT;",
    ];
    const psql = `timeout 10 ${words(...command)}`;
    const script = `
        pid=$(echo "$SETTING" | ${psql}) || exit
        looked=0 found=
        while [ -z "$found" ] && [ $looked -lt ${mostLooks} ]; do
            looked=$((looked + 1))
            found=$(echo "$LOOKING" | ${psql} -v pid="$pid") || exit
        done
        echo "looked $looked"
        echo "$found"`;
    const ran = await inPooler(on, script, { ...env, SETTING: setting.join("\n"), LOOKING: looking.join("\n") }, 60);
    if (ran.code !== 0) throw new Error(`pooled sessions: ${reason(ran)}`);
    return parseLooks(ran.stdout);
});

/** A statement with its semicolon; one that ends in a psql command sends itself. */
const terminated = (statement: string) => (statement.includes("\\g") ? statement : `${statement};`);

/** Reads `looked COUNT`, then a line `LEAK t` or `LEAK f` for each, where the backend was found. */
export function parseLooks(printed: string): LeakFacts {
    const [looked = "", ...lines] = printed.trim().split("\n");
    const leaked = Object.fromEntries(lines.filter(Boolean).map((line) => [line.split(" ")[0], line.endsWith(" t")])) as Record<
        string,
        boolean
    >;
    return { looked: Number(looked.split(" ")[1]), ...(Object.keys(leaked).length > 0 ? { leaked } : {}) };
}

/** Whether one kind of state leaked, which in fast mode is the price that was chosen. */
export function judgeLeak({ looked, leaked }: LeakFacts, { id, what }: Pick<Leak, "id" | "what">, strict: boolean, stack: string): Outcome {
    if (!leaked) return skipped(`the pool is busy: none of ${looked} clients got the backend on which ${what} was left`);
    const seen = `client ${looked} of those that looked had the very backend`;
    if (!leaked[id]) return ok(`${what} was gone: ${seen}`);
    if (!strict) return warning(`${what} leaked: the price of serverResetQueryAlways = false. Taken away again; ${seen}`);
    return failed(`${what} leaked to the next client; ${seen}`, `pulumi up --stack ${stack} --replace '**Container::pgbouncer'`);
}

export const leakChecks: Check[] = leaks("").map(({ id, what }) => ({
    id: `leak-${id}`,
    proves: `what one client leaves by ${what} does not reach the next`,
    needs: ["query"],
    run: async (on) => judgeLeak(await look(on), { id, what }, on.deployed.serverResetQueryAlways, on.stack),
}));
