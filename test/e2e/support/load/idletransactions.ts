// CLIENTS sessions that open a transaction and forget it, as pgAdmin's tabs with auto-commit off do, until /tmp/stop is there.
// Once those that get a backend have one, another session asks for the time, and the test prints how long it waits.
import * as fs from "fs";
import { Client } from "pg";

const errors: string[] = [];
let open = 0;

async function session(): Promise<Client> {
    const client = new Client({ host: "pgbouncer", port: 6432, user: "postgres", database: "tracksolid_db" });
    client.on("error", (cause) => errors.push(cause.message));
    await client.connect();
    return client;
}

async function forget() {
    const client = await session();
    await client.query("BEGIN; SELECT 1");
    open += 1;
    while (!fs.existsSync("/tmp/stop")) await new Promise((resolve) => setTimeout(resolve, 100));
    await client.end();
}

async function main() {
    const sessions = Array.from({ length: Number(process.env.CLIENTS) }, () =>
        forget().catch((cause: Error) => errors.push(cause.message)),
    );
    while (open < Number(process.env.BACKENDS)) await new Promise((resolve) => setTimeout(resolve, 20));
    const from = Date.now();
    const blocked = await session();
    const login = (Date.now() - from) / 1000;
    await blocked.query("SELECT now()");
    const waited = (Date.now() - from) / 1000;
    await blocked.end();
    console.log("answered");
    await Promise.all(sessions);
    console.log(JSON.stringify({ login, waited, errors: [...new Set(errors)] }));
}

void main();
