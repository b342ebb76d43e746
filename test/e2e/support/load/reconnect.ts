// Connects, queries and disconnects in a loop until /tmp/stop is there: node's pg, which is not libpq.
import * as fs from "fs";
import { Client } from "pg";

const failures: string[] = [];
let ok = 0;
let last = Date.now();
/** Seconds of the longest time in which no connection came through. */
let gap = 0;

async function loop() {
    while (!fs.existsSync("/tmp/stop")) {
        const client = new Client({
            host: "pgbouncer",
            port: 6432,
            user: process.env.PGUSER ?? "postgres",
            database: "tracksolid_db",
            connectionTimeoutMillis: 60_000,
        });
        client.on("error", () => undefined);
        try {
            await client.connect();
            await client.query("SELECT 1");
            await client.end();
            ok += 1;
            gap = Math.max(gap, (Date.now() - last) / 1000);
            last = Date.now();
        } catch (cause) {
            failures.push(`${new Date().toISOString()} ${(cause as Error).message}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}

void Promise.all([loop(), loop()]).then(() => console.log(JSON.stringify({ ok, failures, gap })));
