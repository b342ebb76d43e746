// SESSIONS sessions of node's pg, each of which queries ten times a second until /tmp/stop is there.
import * as fs from "fs";
import { Client } from "pg";

const seen = { ok: 0, failed: 0, said: [] as string[] };

async function session() {
    const client = new Client({ host: "pgbouncer", port: 6432, user: "postgres", database: "tracksolid_db" });
    client.on("error", () => undefined);
    try {
        await client.connect();
        while (!fs.existsSync("/tmp/stop")) {
            await client.query("SELECT 'ok'");
            seen.ok += 1;
            await new Promise((resolve) => setTimeout(resolve, 100));
        }
        await client.end();
    } catch (cause) {
        seen.failed += 1;
        seen.said.push((cause as Error).message);
    }
}

void Promise.all(Array.from({ length: Number(process.env.SESSIONS) }, session)).then(() => console.log(JSON.stringify(seen)));
