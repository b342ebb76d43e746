import { Point } from "./chart";
import { findContainer } from "./containers";
import { inPooler, literal, psqlFor, queryJson, words } from "./sessions";
import { Target } from "./target";

/** Clients of the stress, and for how many seconds they query; before and after it the database is only watched. */
export const stressClients = 30;
const stressSeconds = 8;
const beforeSeconds = 4;
// The statistics of an insert are written out a second after it.
const afterSeconds = 1.5;

/** Connections that have to be free beyond what the pool may still grow by: for verify's own sessions, and for others. */
export const margin = 5;

export interface Room {
    maxConnections: number;
    /** For superusers and for reserved_connections. */
    reserved: number;
    /** Connections in use now. */
    used: number;
    /** Those of them that are the pooler's. */
    pooled: number;
}

/**
 * SQL that is true for the pooler's backends in pg_stat_activity: by its address, but for the direct sessions of verify,
 * which share it, and for what an earlier container with that address left behind when it was killed.
 */
async function pooledBackends(on: Target): Promise<string> {
    const pooler = await findContainer(on, on.outputs.pgbouncerContainer);
    const addresses = pooler?.networks[on.outputs.networks.database]?.addresses ?? [];
    return `client_addr = ANY (${literal(`{${addresses.join(",")}}`)}) AND backend_start >= ${literal(pooler?.startedAt ?? "infinity")}
            AND application_name <> current_setting('application_name')`;
}

/** How near the database is to its last connection. */
export async function askRoom(on: Target): Promise<Room> {
    return queryJson<Room>(
        on,
        "direct",
        on.deployed.databases[0]!,
        `SELECT json_build_object(
             'maxConnections', current_setting('max_connections')::int,
             'reserved', current_setting('superuser_reserved_connections')::int + coalesce(current_setting('reserved_connections', true), '0')::int,
             'used', count(*),
             'pooled', count(*) FILTER (WHERE ${await pooledBackends(on)}))
           FROM pg_stat_activity WHERE backend_type = 'client backend'`,
    );
}

export type Phase = "before" | "during" | "after";

/** What was watched, before, during and after the stress. */
export interface LoadFacts {
    /** Backends of the pooler over time; seconds since the watch began. */
    backends: Point[];
    /** When the stress went on, in the same seconds. */
    stress: { from: number; to: number };
    /** Each new direct connection: milliseconds until its first answer, and the rows inserted so far (null without the table). */
    connections: { phase: Phase; ms: number; inserted: number | null }[];
    /** Why the watch ended early, where it did. */
    watchError: string;
    /** Queries that came back, clients that went on until the end, and what the others said. */
    queries: number;
    finished: number;
    failures: string[];
}

/**
 * Watches the database from one direct session, while (from the fourth second on) clients query through the pooler. It is
 * all one script in the pooler's container, in which everything ends by itself: a run that is cut leaves nothing running.
 */
export async function runLoad(on: Target, clients: number): Promise<LoadFacts> {
    const { databases, pipelineTable } = on.deployed;
    const [schema = "", table = ""] = pipelineTable.split(".");
    const direct = psqlFor(on, "direct", databases[0]!);
    const pooled = psqlFor(on, "pooled", databases[0]!);
    const turns = (beforeSeconds + stressSeconds + 20) * 10;

    const sample = `SELECT 'backends', extract(epoch FROM clock_timestamp()), count(*) FROM pg_stat_activity WHERE ${await pooledBackends(on)};`;
    // From the last answer on the old connection to the first on the new one, by the server's clock.
    const connect = `SELECT clock_timestamp() AS began \\gset
\\connect -
WITH RECURSIVE family(oid) AS (
    SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = ${literal(schema)} AND relname = ${literal(table)}
    UNION SELECT inhrelid FROM pg_inherits JOIN family ON inhparent = family.oid)
SELECT 'connection', extract(epoch FROM clock_timestamp() - :'began') * 1000, sum(pg_stat_get_tuples_inserted(oid)) FROM family;`;
    const first = `SELECT clock_timestamp() + interval '${stressSeconds} s' AS deadline \\gset`;
    const turn = `SELECT pg_sleep(0.1), clock_timestamp() > :'deadline' AS over \\gset
\\echo query
\\if :over
\\echo finished
\\quit
\\endif`;
    const script = `
        watch() {
            turn=0
            while [ $turn -lt ${turns} ] && echo "$SAMPLE"; do
                [ $((turn % 5)) -ne 0 ] || echo "$CONNECT"
                turn=$((turn + 1))
                sleep 0.1
            done
        }
        client() {
            # psql quits at the deadline, and the closed pipe ends the loop.
            { echo "$FIRST"; while echo "$TURN"; do :; done; } 2> /dev/null | timeout ${stressSeconds + 30} ${words(...pooled.command)} 2>&1
        }
        watch 2> /dev/null | PGAPPNAME="$DIRECT_NAME" PGOPTIONS="$DIRECT_OPTIONS" ${words(...direct.command)} &
        watching=$!
        sleep ${beforeSeconds}
        echo "phase|during"
        (
            i=0
            while [ $i -lt ${clients} ]; do
                client &
                i=$((i + 1))
            done
            wait
        ) | sed 's/^psql:<stdin>:[0-9]*: //' | sort | uniq -c | sed 's/^ *\\([0-9]*\\) /clients|\\1|/'
        echo "phase|after"
        sleep ${afterSeconds}
        echo "phase|over"
        kill $watching 2> /dev/null`;
    const env = {
        ...pooled.env,
        DIRECT_NAME: direct.env.PGAPPNAME!,
        DIRECT_OPTIONS: direct.env.PGOPTIONS!,
        SAMPLE: sample,
        CONNECT: connect,
        FIRST: first,
        TURN: turn,
    };
    const ran = await inPooler(on, script, env, beforeSeconds + stressSeconds + 60);
    return parseLoad(ran.stdout, ran.stderr);
}

/** Reads the script's lines: `phase|…`, `backends|SECONDS|COUNT`, `connection|MS|INSERTED`, `clients|COUNT|WHAT THEY SAID`. */
export function parseLoad(printed: string, said: string): LoadFacts {
    const facts: LoadFacts = {
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
    for (const line of printed.split("\n")) {
        const [kind, first = "", ...rest] = line.split("|");
        if (kind === "phase") {
            phase = first as Phase | "over";
            if (phase === "during") facts.stress.from = at;
            if (phase === "after") facts.stress.to = at;
        } else if (kind === "backends") {
            began ??= Number(first);
            at = Number(first) - began;
            facts.backends.push({ at, value: Number(rest[0]) });
        } else if (kind === "connection" && phase !== "over") {
            facts.connections.push({ phase, ms: Number(first), inserted: rest[0] ? Number(rest[0]) : null });
        } else if (kind === "clients") {
            const what = rest.join("|");
            if (what === "query") facts.queries = Number(first);
            else if (what === "finished") facts.finished = Number(first);
            else facts.failures.push(`${first} × ${what}`);
        }
    }
    if (phase !== "over") facts.watchError = said.trim() || "the script ended before its time";
    else facts.watchError = said.split("\n").find((line) => /ERROR|FATAL|error:/.test(line)) ?? "";
    return facts;
}
