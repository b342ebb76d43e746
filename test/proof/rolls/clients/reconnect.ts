// Connects, queries and disconnects without a pause until /tmp/stop is there: node's pg, which is not libpq. Prints each hundredth.
import * as fs from "fs";
import { Client } from "pg";

/** `longest` is in milliseconds, `said` the first errors. */
const seen = { ok: 0, failed: 0, longest: 0, said: [] as string[] };

async function main() {
    while (!fs.existsSync("/tmp/stop")) {
        const from = Date.now();
        const client = new Client({ host: "pgbouncer", port: 6432, user: "postgres", database: "tracksolid_db", connectionTimeoutMillis: 20_000 }); // prettier-ignore
        client.on("error", () => undefined);
        try {
            await client.connect();
            await client.query("SELECT 1");
            await client.end();
            seen.ok += 1;
            if (seen.ok % 100 === 0) console.log(seen.ok);
        } catch (cause) {
            seen.failed += 1;
            if (seen.said.length < 20) seen.said.push(`${new Date().toISOString().slice(11, 19)} ${(cause as Error).message}`);
        }
        seen.longest = Math.max(seen.longest, Date.now() - from);
    }
    console.log(JSON.stringify(seen));
}

void main();
