import * as path from "path";
import { Client } from "pg";
import { filled } from "../findings/template";
import { Identity } from "./identity";
import { images } from "./images";
import { attempt, run, until } from "./run";

/** A connection to the lab's database as its superuser, from this machine. */
export function databaseClient(lab: Identity, database = "tracksolid_db"): Client {
    return new Client({ host: "127.0.0.1", port: lab.databasePort, user: "postgres", password: lab.databasePassword, database });
}

const rows = 'while :; do echo "INSERT INTO tracksolid.ingestion_log DEFAULT VALUES;"; sleep 0.1; done';

/**
 * A writer's shell script: a row every 0.1 s over one connection, the password from PGPASSWORD. It connects again by itself,
 * since Docker waits up to a minute before it starts a container that often ends.
 */
export const writing = `while :; do ${rows} | psql -q -h timescale_db -U postgres -d tracksolid_db; sleep 0.2; done`;

export const writerName = (lab: Identity) => `ingest-${lab.id}`;
const volumeName = (lab: Identity) => `timescale-data-${lab.id}`;

/** Starts a container under a fixed name, or makes sure that it runs. */
async function ensureRunning(name: string, args: string[]): Promise<void> {
    const { code, stdout } = await attempt("docker", ["inspect", "-f", "{{.State.Running}}", name]);
    if (code !== 0) {
        await run("docker", ["run", "-d", "--name", name, "--restart", "always", ...args]);
    } else if (stdout.trim() !== "true") {
        await run("docker", ["start", name]);
    }
}

/**
 * Makes sure of the *existing* database, shaped as on the Coolify host: its name, alias, network, schema, and the frozen
 * pipeline, which writes a row every 0.1 s over one direct connection. Unless it is `published`, no port of the host leads to it.
 */
export async function ensureDatabase(lab: Identity, { published = true } = {}): Promise<string> {
    if ((await attempt("docker", ["network", "inspect", lab.id])).code !== 0) await run("docker", ["network", "create", lab.id]);
    await ensureRunning(lab.databaseContainer, [
        ...["--network", lab.id, "--network-alias", "timescale_db"],
        ...(published ? ["-p", `127.0.0.1:${lab.databasePort}:5432`] : []),
        ...["-v", `${volumeName(lab)}:/var/lib/postgresql/data`],
        ...["-e", `POSTGRES_PASSWORD=${lab.databasePassword}`, "-e", "POSTGRES_DB=tracksolid_db"],
        ...[images().timescaledb, "postgres", "-c", "max_connections=100"],
    ]);
    const schema = filled(path.join(__dirname, "pipeline.sql"));
    // Over TCP: the server that the image starts to set the database up listens on its socket alone.
    const psql = ["exec", "-e", `PGPASSWORD=${lab.databasePassword}`, lab.databaseContainer, "psql", "-h", "127.0.0.1", "-U", "postgres"];
    await until("the database", 60, async () => (await run("docker", [...psql, "-d", "tracksolid_db", "-qc", schema])) === "");
    await ensureRunning(writerName(lab), [
        ...["--network", lab.id, "--init", "-e", `PGPASSWORD=${lab.databasePassword}`, "--entrypoint", "/bin/sh"],
        ...[images().timescaledb, "-c", writing],
    ]);
    return `container ${lab.databaseContainer} on network ${lab.id}, 127.0.0.1:${lab.databasePort}; ${writerName(lab)} writes to it`;
}

/** Takes the database, its writer and its network away; its data stays unless `volume` is set. */
export async function removeDatabase(lab: Identity, volume: boolean): Promise<void> {
    await attempt("docker", ["rm", "-f", "-v", writerName(lab), lab.databaseContainer]);
    await attempt("docker", ["network", "rm", lab.id]);
    if (volume) await attempt("docker", ["volume", "rm", volumeName(lab)]);
}
