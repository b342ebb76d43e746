// Queries, idles until /tmp/stop is there, and queries again; a session that was ended meanwhile just reconnects.
import * as fs from "fs";
import { Client } from "pg";

async function session(): Promise<Client> {
    const client = new Client({ host: "pgbouncer", port: 6432, user: "postgres", database: "tracksolid_db" });
    client.on("error", () => undefined);
    await client.connect();
    return client;
}

const query = async (client: Client) => (await client.query("SELECT 'ok' AS said")).rows[0].said as string;

async function main() {
    let client = await session();
    const first = await query(client);
    console.log("connected");
    while (!fs.existsSync("/tmp/stop")) await new Promise((resolve) => setTimeout(resolve, 100));
    const second = await query(client).catch(async () => query((client = await session())));
    await client.end();
    console.log(JSON.stringify({ first, second }));
}

void main();
