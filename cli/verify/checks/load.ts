import { configSet } from "../../../findings/commands";
import { poolerBackends, sizesOf } from "../../../components/pgbouncer/budget";
import { median } from "../../statistics";
import { chart } from "../chart";
import { Check, failed, ok, once, Outcome, skipped, warning } from "../check";
import { askConsoles, backendsOf, ConsoleFacts } from "../console";
import { Headroom, poolerHidden, readHeadroom, unseen } from "../headroom";
import { needPooledLogin } from "../lookup-probe";
import { fullPace, leastPace, Phase, runStress, stressClients, StressFacts } from "../stress";
import { Target } from "../target";

/** Connections that have to stay free beyond what the pool may still grow by: for verify's own sessions, and for others. */
const margin = 5;

/** Why the stress would take the database's last connections; undefined if it may run. */
export function headroomProblem({ maxConnections, reserved, used, pooled }: Headroom, most: number): string | undefined {
    const left = maxConnections - reserved - used;
    const growth = Math.max(0, most - pooled);
    if (left >= growth + margin) return undefined;
    return (
        `not run: the pooler may open ${growth} more backends (it has ${pooled} of ${most}), and ${margin} connections have to stay free, ` +
        `but ${left} are left: max_connections ${maxConnections}, less ${reserved} reserved and ${used} in use`
    );
}

/** Client slots that have to stay free in a process beside the stress: for clients that come meanwhile. */
const clientMargin = 10;

/**
 * Refuses the stress if it would take the last slots for clients; undefined if it may run. A warning: a stack may be healthy
 * with few slots. Each process of the pooler has maxClientConn slots of its own. The kernel picks a process for each client,
 * so any of them may get all of the stress.
 */
export function clientsProblem(
    processes: ConsoleFacts[],
    { stack, upCommand: up }: Pick<Target, "stack" | "upCommand">,
): Outcome | undefined {
    const needed = stressClients + clientMargin;
    const slots = processes.map(({ config, lists }) => ({ most: Number(config.max_client_conn), used: lists.used_clients ?? 0 }));
    const { most, used } = slots.reduce((fullest, each) => (each.most - each.used < fullest.most - fullest.used ? each : fullest));
    if (most - used >= needed) return undefined;
    const why = `the stress needs ${stressClients} client slots${processes.length > 1 ? " in each process" : ""}, and ${clientMargin} have to stay free`;
    const has =
        most < needed
            ? `maxClientConn is ${most}: too low for it even without other clients`
            : `${Math.max(0, most - used)} of ${most} (maxClientConn) are left`;
    return warning(`not run: ${why}, but ${has}`, `${configSet({ stack }, "maxClientConn", String(used + needed))}; ${up}`);
}

interface Load {
    facts: StressFacts;
    /** What `stress` says if there was none; undefined if there was. */
    refused?: Outcome;
    most: number;
}

const load = once(async (target: Target): Promise<Load> => {
    const most = mostBackends(target);
    const scarce = headroomProblem(await readHeadroom(target), most);
    const refused = scarce ? failed(scarce) : await noClients(target);
    // Also without the stress: it still shows whether direct connections succeed.
    const facts = await runStress(target, refused ? 0 : stressClients);
    return { facts, most, ...(refused ? { refused } : {}) };
});

/** Why the pooler can't take the stress's clients; undefined if it can. What watches the database needs neither console nor login. */
export const noClients = (target: Target) =>
    needPooledLogin(target)
        .then(async () => clientsProblem(await askConsoles(target), target))
        .catch((cause: Error) => failed(`not run: ${cause.message}`));

const mostBackends = ({ deployed }: Target) => poolerBackends(sizesOf(deployed));

/** Whether direct connections succeed before the stress and during it. */
export function judgeDirect({ connections, watchError }: StressFacts, stressed: boolean): Outcome {
    const times = (phase: Phase) => connections.filter((one) => one.phase === phase).map(({ ms }) => ms);
    const shown = (phase: Phase) =>
        `${times(phase).length} ${phase}` + (times(phase).length > 0 ? `, median ${median(times(phase)).toFixed(0)} ms` : "");
    if (watchError) return failed(`after ${connections.length} direct connections: ${watchError}`);
    const few = (phase: "before" | "during") => times(phase).length < fullPace[phase] * leastPace;
    if (times("before").length === 0) return failed("no direct connection was made");
    // They came back, though slowly: a distant database, or one that looks names up.
    if (few("before")) return warning(`${shown("before")}, too few to judge by: ${fullPace.before} are usual`);
    if (!stressed) return ok(`${shown("before")}; there was no stress`);
    const saw = `${shown("before")}; ${shown("during")}`;
    if (times("during").length === 0) return failed(`${saw} the stress`);
    if (few("during")) return warning(`${saw}, too few to judge by: ${fullPace.during} are usual`);
    const slowest = Math.max(...times("during"));
    return slowest > 1000 && slowest > 10 * median(times("before"))
        ? warning(`${saw}, but the slowest took ${slowest.toFixed(0)} ms`)
        : ok(saw);
}

/**
 * Whether all queries of the stress came back, without more backends than a pooler may hold. Where the backends can't be seen
 * (`poolerHidden`), that they came back is not enough to pass, but no failure.
 */
export function judgeStress(
    { backends, stress, queries, finished, failures, watchError }: StressFacts,
    { most, unseeable }: { most: number; unseeable: boolean },
): Outcome {
    const during = backends.filter(({ at }) => at >= stress.from);
    const peak = Math.max(0, ...during.map(({ value }) => value));
    const lines = chart(backends, {
        title: "backends of the pooler",
        limit: most,
        limitName: "at most",
        span: { name: `${stressClients} clients, SELECT pg_sleep(0.1)`, ...stress },
    });
    const saw = `${stressClients} clients, ${queries} queries, at most ${peak} backends of ${most} (${during.length} samples)`;
    const none = `pg_stat_activity shows none of the pooler's backends: ${unseen}`;
    const problems = [
        ...failures,
        ...(finished < stressClients ? [`${stressClients - finished} of ${stressClients} clients did not last until the end`] : []),
        ...(peak > most ? ["more backends than one pooler may hold"] : []),
        ...(peak === 0 && !unseeable ? [none] : []),
        ...(during.length === 0 ? ["no sample was taken"] : []),
        ...(watchError ? [`the watch ended early: ${watchError}`] : []),
    ];
    const doubts = [
        ...(peak === 0 ? [none] : []),
        ...(during.length < fullPace.samples * leastPace ? [`too few samples to judge by: ${fullPace.samples} are usual`] : []),
    ];
    const good = doubts.length > 0 ? warning([saw, ...doubts].join("; ")) : ok(saw);
    return { ...(problems.length === 0 ? good : failed(`${saw}; ${problems.join("; ")}`)), chart: lines };
}

/** Whether the pipeline writes under stress as it did before. */
export function judgePipeline({ connections, backends, stress }: StressFacts, table: string): Outcome {
    const of = (phases: Phase[]) => connections.filter(({ phase }) => phases.includes(phase)).map(({ inserted }) => inserted);
    const all = of(["before", "during", "after"]);
    if (all.length === 0 || all.includes(null)) return skipped(`there is no table ${table} (setting pipelineTable)`);
    const before = growth(of(["before"]) as number[]);
    if (before.steps < 2)
        return skipped(`${table} grew ${before.steps} times in the ${stress.from.toFixed(0)} s before the stress, too seldom to compare`);
    const last = of(["before"]).at(-1)!;
    const during = growth([last, ...of(["during", "after"])] as number[]);
    const seconds = { before: stress.from, during: (backends.at(-1)?.at ?? 0) - stress.from };
    const rate = { before: before.rows / seconds.before, during: during.rows / seconds.during };
    const saw = `${table}: ${rate.before.toFixed(1)} rows a second before, ${rate.during.toFixed(1)} during the stress`;
    if (during.rows === 0) return failed(saw);
    return rate.during < rate.before / 2 ? warning(saw) : ok(saw);
}

/** Rows inserted over a series of counts. A fall doesn't count: a chunk that is dropped takes its count with it. */
function growth(counts: number[]): { rows: number; steps: number } {
    const rises = counts.slice(1).map((count, at) => count - counts[at]!);
    const grown = rises.filter((rise) => rise > 0);
    return { rows: grown.reduce((sum, rise) => sum + rise, 0), steps: grown.length };
}

/** Whether the pools hold no more backends than they may. Asked after the stress, while they are full. */
export function judgeLimits(processes: ConsoleFacts[], databases: string[], maxDbConnections: number, budget: number): Outcome {
    const pools = processes.flatMap((each) => each.pools);
    const sum = (some: Record<string, string>[]) => some.reduce((total, pool) => total + backendsOf(pool), 0);
    const each = databases.map((database) => ({ database, count: sum(pools.filter((pool) => pool.database === database)) }));
    const total = sum(pools);
    const saw = `${each.map(({ database, count }) => `${database} ${count} of ${maxDbConnections}`).join(", ")}; in all ${total} of ${budget}`;
    return each.every(({ count }) => count <= maxDbConnections) && total <= budget ? ok(saw) : failed(saw);
}

export const loadChecks: Check[] = [
    {
        id: "direct",
        proves: "direct connections succeed before and during the stress",
        run: async (target) => {
            const { facts, refused } = await load(target);
            return judgeDirect(facts, !refused);
        },
    },
    {
        id: "stress",
        proves: `${stressClients} concurrent clients share one pooler's backends, and every query comes back`,
        needs: ["query"],
        run: async (target) => {
            const { facts, refused, most } = await load(target);
            const none = facts.backends.every(({ value }) => value === 0);
            return refused ?? judgeStress(facts, { most, unseeable: none && (await poolerHidden(target)) });
        },
    },
    {
        id: "pipeline",
        proves: "the pipeline that writes directly continues as before",
        run: async (target) => {
            const { pipelineTable } = target.deployed;
            if (pipelineTable === "") return skipped("pipelineTable is empty");
            const { facts, refused } = await load(target);
            return refused ? skipped("there was no stress") : judgePipeline(facts, pipelineTable);
        },
    },
    {
        id: "pool-limits",
        proves: "the pools hold at most maxDbConnections backends for each database, and the budget in all",
        run: async (target) => {
            const { databases, maxDbConnections } = target.deployed;
            return judgeLimits(await askConsoles(target), databases, maxDbConnections, mostBackends(target));
        },
    },
];
