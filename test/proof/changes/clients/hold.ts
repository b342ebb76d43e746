// SESSIONS sessions of node's pg, each of which queries without a pause until /tmp/stop is there. A session that is cut comes back.
// Each SIGUSR2 prints what they saw since the one before.
import * as fs from "fs";
import { Client } from "pg";

const nothing = () => ({ queries: 0, cut: 0, failed: 0, longest: 0, said: [] as string[] });
let seen = nothing();
let stopped = false;
/** When each session got its last answer, in milliseconds. */
const answered: number[] = [];

function took(at: number): void {
    const now = Date.now();
    if (answered[at] !== undefined) seen.longest = Math.max(seen.longest, now - answered[at]);
    answered[at] = now;
}

async function session(at: number): Promise<void> {
    while (!stopped) {
        const client = new Client({ host: "pgbouncer", port: 6432, user: "postgres", database: "tracksolid_db", connectionTimeoutMillis: 120_000 }); // prettier-ignore
        client.on("error", () => undefined);
        let connected = false;
        try {
            await client.connect();
            connected = true;
            if (answered[at] === undefined) console.log("connected");
            while (!stopped) {
                await client.query("SELECT pg_sleep(0.01)");
                seen.queries += 1;
                took(at);
            }
            await client.end();
        } catch (cause) {
            seen[connected ? "cut" : "failed"] += 1;
            if (seen.said.length < 5) seen.said.push((cause as Error).message);
        }
    }
}

function lap(): void {
    // A session that waits until now has a stall, too.
    for (const last of answered) if (last !== undefined) seen.longest = Math.max(seen.longest, Date.now() - last);
    console.log(JSON.stringify(seen));
    seen = nothing();
}

process.on("SIGUSR2", lap);
const stopping = setInterval(() => (stopped = fs.existsSync("/tmp/stop")), 100);
void Promise.all(Array.from({ length: Number(process.env.SESSIONS) }, (_, at) => session(at))).then(() => {
    clearInterval(stopping);
    lap();
});
