import { Client } from "pg";
import { databaseClient, writerName } from "../../../lab/database";
import { gatewayOf } from "../../../lab/gateway";
import { run } from "../../../lab/run";
import { Sidecar } from "./stack";

/** Runs a query on the database, directly; or on another one of the server. */
export async function direct<T = Record<string, unknown>>({ lab }: Sidecar, text: string, database?: string): Promise<T[]> {
    const client = databaseClient(lab, database);
    await client.connect();
    try {
        return (await client.query(text)).rows as T[];
    } finally {
        await client.end();
    }
}

/** What a sampler saw: the most backends, and each look as seconds since its start and backends. */
export interface Sampled {
    most: number;
    samples: number;
    series: [number, number][];
}

/** Samples backends until stopped: those of one container, or the sidecar's, which are all but the writer's, the test's own and the server's. */
export function sampleBackends(on: Sidecar, container?: string): { stop(): Promise<Sampled> } {
    let going = true;
    const sampling = (async () => {
        const of = container ? { only: await address(on, container) } : { but: await strangers(on) };
        const client = databaseClient(on.lab);
        await client.connect();
        const from = Date.now();
        const series: [number, number][] = [];
        while (going) {
            series.push([(Date.now() - from) / 1000, await backends(client, of)]);
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
        await client.end();
        return { most: Math.max(...series.map(([, backends]) => backends)), samples: series.length, series };
    })();
    return {
        stop() {
            going = false;
            return sampling;
        },
    };
}

/** Backends by their client's address on the database's network. */
async function backends(client: Client, { only, but }: { only?: string; but?: string[] }): Promise<number> {
    const { rows } = await client.query(
        `SELECT count(*)::int AS backends FROM pg_stat_activity
          WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND client_addr <> ALL($1::inet[]) AND client_addr = coalesce($2::inet, client_addr)`,
        [but ?? [], only ?? null],
    );
    return (rows[0] as { backends: number }).backends;
}

/** A container's address on the database's network. */
async function address({ lab }: Sidecar, container: string): Promise<string> {
    return (await run("docker", ["inspect", "-f", `{{(index .NetworkSettings.Networks "${lab.id}").IPAddress}}`, container])).trim();
}

/** Addresses on the database's network that are no pooler's: the network's gateway and the writer. */
async function strangers(on: Sidecar): Promise<string[]> {
    return [await gatewayOf(on.lab.id), await address(on, writerName(on.lab))];
}

/** The longest pause of the pipeline since `from`, in seconds: from the last row before it on, and until now. */
export async function longestPause(on: Sidecar, from: Date): Promise<{ rows: number; seconds: number }> {
    const [found] = await direct<{ rows: number; seconds: number }>(
        on,
        `WITH since AS (
             SELECT at FROM tracksolid.ingestion_log
              WHERE at >= (SELECT coalesce(max(at), '-infinity') FROM tracksolid.ingestion_log WHERE at <= '${from.toISOString()}')
             UNION ALL SELECT clock_timestamp())
         SELECT count(*)::int - 2 AS rows, extract(epoch FROM max(pause))::float AS seconds
           FROM (SELECT at - lag(at) OVER (ORDER BY at) AS pause FROM since) AS pauses`,
    );
    return found!;
}
