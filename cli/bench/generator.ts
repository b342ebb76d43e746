import * as fs from "fs";
import * as path from "path";
import { inspectContainers } from "../../host/containers";
import { exec, ExecResult } from "../../host/exec";
import { get } from "../../host/engine";
import { UserError } from "../../findings/errors";
import { Target } from "../verify/target";
import { createContainer, mostFiles, startContainer } from "./containers";
import { Load, parsePercentiles, parseReport, Percentiles, pgbenchArgs, Ran } from "./pgbench";
import { Playground } from "./playground";

/** Where pgbench connects. */
export interface Endpoint {
    host: string;
    port: number;
    /** libpq's sslmode. */
    sslmode: "disable" | "require";
}

/** Seconds that pgbench gets beyond the time that it measures, for its connections. */
const patience = 120;

/** A container on the database's network, of the database's own image, in which pgbench and psql run. */
export class Generator {
    private constructor(
        private readonly target: Target,
        private readonly ground: Playground,
        readonly container: string,
        private readonly on: { database: string; threads: number },
    ) {}

    /** The database's container. */
    get database(): string {
        return this.on.database;
    }

    static async start(target: Target, ground: Playground): Promise<Generator> {
        const { docker, deployed, outputs } = target;
        const known = (one: { name: string; networks: Record<string, { aliases: string[] }> }) =>
            one.networks[outputs.networks.database]?.aliases.concat(one.name).includes(deployed.databaseHost);
        const database = (await inspectContainers(docker)).find((one) => one.running && known(one));
        if (!database) {
            throw new UserError(
                `no container of the Docker host is ${deployed.databaseHost} on the network ${outputs.networks.database}, and bench runs pgbench from its image.`,
                "bench measures databases that run in a container beside the pooler",
            );
        }
        const { NCPU = 1 } = (await get<{ NCPU?: number }>(docker, "/info")) ?? {};
        const container = await createContainer(target, "sidecar-bench-generator", {
            Image: database.image,
            Entrypoint: ["sleep", "infinity"],
            Cmd: [],
            HostConfig: {
                Init: true,
                Ulimits: [{ Name: "nofile", Soft: mostFiles, Hard: mostFiles }],
                // For new connections: pgbench closes each first, and its port is then taken for a minute.
                Sysctls: { "net.ipv4.tcp_tw_reuse": "1", "net.ipv4.ip_local_port_range": "1024 65535" },
            },
        });
        await startContainer(docker, container);
        const generator = new Generator(target, ground, container, { database: database.id, threads: NCPU });
        const { code } = await generator.run(generator.direct, ["pgbench", "--version"]);
        if (code !== 0)
            throw new UserError(`the database's image has no pgbench (${database.name}).`, "use an image of PostgreSQL that has it");
        await generator.ask(generator.direct, "SELECT 1").catch((cause: Error) => {
            throw new UserError(
                `${database.name} refuses bench: ${cause.message}`,
                `bench connects without TLS; if pg_hba.conf wants TLS, this line of it lets bench's role in: host ${ground.database} ${ground.user} all scram-sha-256`,
            );
        });
        return generator;
    }

    /** The database itself. */
    get direct(): Endpoint {
        const { databaseHost, databasePort } = this.target.deployed;
        return { host: databaseHost, port: databasePort, sslmode: "disable" };
    }

    /** Makes pgbench's tables, 100,000 rows times `scale`. */
    async makeRows(scale: number): Promise<void> {
        const { code, stderr } = await this.run(this.direct, ["pgbench", "--initialize", "--quiet", `--scale=${scale}`], 600);
        if (code !== 0) throw new Error(`pgbench can't make its rows: ${stderr.trim()}`);
    }

    /** Runs pgbench. Throws its own words if a client fails. */
    async load(at: Endpoint, load: Load, more: string[] = []): Promise<Ran> {
        return parseReport(await this.run(at, [...pgbenchArgs(load, this.on.threads), ...more], load.seconds + patience), load);
    }

    /** Has each client run a few transactions: opens the backends, and warms their caches. The tables that TPC-B writes to are small again. */
    async warm(at: Endpoint, { script, protocol, clients }: Omit<Load, "seconds">): Promise<void> {
        if (script === "tpcb") await this.tidy();
        const load = { script, protocol, clients, seconds: 0 };
        parseReport(await this.run(at, [...pgbenchArgs(load, this.on.threads), "--transactions=20"], patience));
    }

    /** Runs pgbench at a rate, and returns how long transactions took. */
    async latency(at: Endpoint, load: Load & { rate: number }): Promise<{ percentiles: Percentiles }> {
        const log = "/tmp/sidecar-bench";
        await this.run(at, ["sh", "-c", `rm -f ${log}.*`]); // of a run that failed
        await this.load(at, load, ["--log", `--log-prefix=${log}`]);
        const script = fs.readFileSync(path.join(__dirname, "percentiles.sh"), "utf8");
        const { stdout } = await this.run(at, ["sh", "-c", script, "percentiles", log], patience);
        return { percentiles: parsePercentiles(stdout) };
    }

    /** Asks one query, and returns what psql prints. */
    async ask(at: Endpoint, sql: string): Promise<string> {
        const { code, stdout, stderr } = await this.run(at, ["psql", "-XqAt", "-c", sql], 20);
        if (code !== 0) throw new Error(stderr.trim());
        return stdout.trim();
    }

    /** Backends that bench has now. */
    async backends(): Promise<number> {
        return Number(await this.ask(this.direct, "SELECT count(*) - 1 FROM pg_stat_activity WHERE usename = current_user"));
    }

    /** Has the tables as small as they were: TPC-B adds a row with each transaction, and changes few rows often. */
    private async tidy(): Promise<void> {
        await this.ask(this.direct, "TRUNCATE pgbench_history");
        await this.ask(this.direct, "VACUUM pgbench_branches, pgbench_tellers");
    }

    /** Runs a program for so many seconds at most, with libpq's variables. */
    run(at: Endpoint, command: string[], seconds = 20): Promise<ExecResult> {
        const env = {
            PGHOST: at.host,
            PGPORT: String(at.port),
            PGSSLMODE: at.sslmode,
            PGUSER: this.ground.user,
            PGPASSWORD: this.ground.password,
            PGDATABASE: this.ground.database,
            PGCONNECT_TIMEOUT: "60",
        };
        const limited = ["timeout", String(seconds), ...command];
        return exec(this.target.docker, this.container, limited, { env, timeout: (seconds + 10) * 1000 });
    }
}
