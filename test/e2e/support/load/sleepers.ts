// CLIENTS sessions that query again and again until /tmp/stop is there, as so many pgAdmin tabs do.
import * as fs from "fs";
import { Client } from "pg";

const failures: string[] = [];
let ok = 0;

async function tab() {
    const client = new Client({ host: "pgbouncer", port: 6432, user: "postgres", database: "tracksolid_db" });
    client.on("error", () => undefined);
    try {
        await client.connect();
        while (!fs.existsSync("/tmp/stop")) {
            await client.query("SELECT pg_sleep(0.1)");
            ok += 1;
        }
        await client.end();
    } catch (cause) {
        failures.push((cause as Error).message);
    }
}

void Promise.all(Array.from({ length: Number(process.env.CLIENTS) }, tab)).then(() => console.log(JSON.stringify({ ok, failures })));
