import { sqlLiteral } from "../../findings/quoting";
import { Point } from "./chart";
import { pooledBackends } from "./headroom";
import { program } from "./programs";
import { inPooler, psqlFor, words } from "./sessions";
import { Target } from "./target";

/** Clients of the stress. They query for `stressSeconds`; before and after that, verify only watches the database. */
export const stressClients = 30;
const stressSeconds = 8;
const beforeSeconds = 4;
// PostgreSQL writes the statistics of an insert out a second after it.
const afterSeconds = 1.5;
/** Seconds that a client may take in all, if it waits for backends. */
const longest = stressSeconds + 30;
/** What the watch sees at its full pace: a sample each 0.1 s, and a connection each 0.5 s. */
export const fullPace = { samples: stressSeconds * 10, before: beforeSeconds * 2, during: stressSeconds * 2 };
/** Part of it that a distant database or a busy host still lets it see. Less proves nothing. */
export const leastPace = 0.25;

export type Phase = "before" | "during" | "after";

/** What the watch saw before, during and after the stress. */
export interface StressFacts {
    /** Backends of the pooler over time, in seconds since the watch began. */
    backends: Point[];
    /** When the stress began and ended, in the same seconds. */
    stress: { from: number; to: number };
    /** Each new direct connection: milliseconds until its first answer, and the rows inserted so far (null without the table). */
    connections: { phase: Phase; ms: number; inserted: number | null }[];
    /** Why the watch ended early; "" if it did not. */
    watchError: string;
    /** Queries that came back, clients that lasted until the end, and what the others said. */
    queries: number;
    finished: number;
    failures: string[];
}

/**
 * Watches the database from one direct session, while clients query through the pooler from the fourth second on (stress.sh).
 * With 0 clients it only watches.
 */
export async function runStress(target: Target, clients: number): Promise<StressFacts> {
    const { databases, pipelineTable } = target.deployed;
    const [schema = "", table = ""] = pipelineTable.split(".");
    const direct = psqlFor(target, "direct", databases[0]!);
    const pooled = psqlFor(target, "pooled", databases[0]!);
    const script = program("stress.sh", {
        direct: words(...direct.command),
        pooled: words(...pooled.command),
        clients,
        before: beforeSeconds,
        after: afterSeconds,
        turns: (beforeSeconds + longest + afterSeconds + 5) * 10, // longer than all else
        longest,
    });
    const env = {
        ...pooled.env,
        DIRECT_PASSWORD: direct.env.PGPASSWORD!,
        DIRECT_NAME: direct.env.PGAPPNAME!,
        DIRECT_OPTIONS: direct.env.PGOPTIONS!,
        SAMPLE: `SELECT 'backends', extract(epoch FROM clock_timestamp()), count(*) FROM pg_stat_activity WHERE ${await pooledBackends(target)};`,
        CONNECT: program("stress-connect.sql", { schema: sqlLiteral(schema), table: sqlLiteral(table) }),
        FIRST: `SELECT clock_timestamp() + interval '${stressSeconds} s' AS deadline \\gset`,
        TURN: program("stress-turn.sql"),
    };
    const ran = await inPooler(target, script, env, beforeSeconds + stressSeconds + 60);
    return parseStress(ran.stdout, ran.stderr);
}

/** Exit code of a psql that lasted until the script killed it. */
const killed = "143";

/** Parses the script's lines: `phase|…`, `backends|SECONDS|COUNT`, `connection|MS|INSERTED`, `clients|COUNT|WHAT THEY SAID`, `watch|EXIT CODE`. */
export function parseStress(stdout: string, stderr: string): StressFacts {
    const facts: StressFacts = {
        backends: [],
        stress: { from: 0, to: 0 },
        connections: [],
        queries: 0,
        finished: 0,
        failures: [],
        watchError: "",
    };
    let phase: Phase | "over" = "before";
    let began: number | undefined;
    let at = 0;
    let answered = false;
    let ended: string | undefined;
    for (const line of stdout.split("\n")) {
        const [kind, first = "", ...rest] = line.split("|");
        if (kind === "phase") {
            phase = first as Phase | "over";
            if (phase === "during") facts.stress.from = at;
            if (phase === "after") facts.stress.to = at;
        } else if (kind === "backends") {
            began ??= Number(first);
            at = Number(first) - began;
            answered ||= phase === "after" || phase === "over";
            facts.backends.push({ at, value: Number(rest[0]) });
        } else if (kind === "connection" && phase !== "over") {
            facts.connections.push({ phase, ms: Number(first), inserted: rest[0] ? Number(rest[0]) : null });
        } else if (kind === "watch") {
            ended = first;
        } else if (kind === "clients") {
            const what = rest.join("|");
            if (what === "query") facts.queries = Number(first);
            else if (what === "finished") facts.finished = Number(first);
            else facts.failures.push(`${first} × ${what}`);
        }
    }
    // psql's messages may be in any language.
    if (ended === undefined) facts.watchError = stderr.trim() || "the script ended before its time";
    else if (ended !== killed) facts.watchError = stderr.trim().replace(/\s*\n\s*/g, "; ") || `psql ended with exit code ${ended}`;
    else if (!answered) facts.watchError = "the database no longer answered it after the stress";
    return facts;
}
