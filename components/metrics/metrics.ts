import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { containerDefaults, limitedTo, LimitProcesses, limits, pullImage, tmpfs, unpacking } from "../container";
import { databaseNetworkLabel, labels, metricsNetworkLabel } from "../labels";
import { filesDir } from "../names";
import { FoundNetwork } from "../networks";
import { secretsDir, SecretsOnVolume, secretsVolume } from "../secrets";
import { ServerTlsMode } from "../pgbouncer/tls";
import { socketsDir, statsAccount } from "../pgbouncer/console";
import { numbers, socketDir } from "../pgbouncer/ini";
import { MetricsQueries, renderQueries, secondsOf } from "./queries";
import { exporterName } from "./ports";
import { exporterPorts, scraped } from "./scrape";

export interface MetricsArgs {
    /** Images with their digests. */
    images: Record<"pgbouncer" | "postgres", pulumi.Input<string>>;
    pooler: {
        /** Id of its container. With another one, the exporters are replaced. */
        id: pulumi.Input<string>;
        /** Volume of its sockets. */
        sockets: pulumi.Input<string>;
        port: number;
        processes: number;
    };
    database: {
        host: string;
        port: number;
        name: string;
        role: pulumi.Input<string>;
        /** A secret. */
        password: pulumi.Input<string>;
        tls: ServerTlsMode;
        /** Certificates of the CAs that the mode checks with; "" for those of the image. */
        ca: string;
        network: FoundNetwork;
    };
    /** The network on which Prometheus finds the exporters; the database's by default. */
    network?: FoundNetwork;
    /** Names of the exporters there. */
    aliases: Record<"pgbouncer" | "postgres", string>;
    /** Ports of the host's loopback that lead to them: the database's first, then that of each process; none by default. */
    hostPorts?: number[];
    /** What the queries need to know, but for the age of the lookup role's password. */
    queries: pulumi.Input<Omit<MetricsQueries, "since" | "lookupRole">>;
    /** The lookup role in force. */
    lookupRole: string;
    /** Writes the secrets to their volume before the exporters start; by default nobody does. */
    writeSecrets?: (secrets: SecretsOnVolume) => Promise<void>;
    /** Limits the processes in a container. */
    limitProcesses?: LimitProcesses;
    /** Whether the engine can limit swap; true by default. */
    swapLimit?: boolean;
}

/** Memory in MiB (8 in use, by `npm test -- 20-metrics`), and processes. */
const exporterLimits = { memory: 64, cpus: 0, openFiles: 1024 };
const exporterProcesses = 64;

/** What the exporter would ask of the database by itself. */
const collectors = ["database", "locks", "replication", "replication_slot", "roles", "stat_bgwriter", "stat_database", "stat_user_tables", "statio_user_tables", "wal"]; // prettier-ignore

/**
 * Exporters for Prometheus. Each of the pooler's processes has one, which asks its console over its socket: it needs no way to the
 * pooler's network, and a roll has those of both poolers. One more asks the database what pgbouncer can't say.
 */
export class Metrics extends pulumi.ComponentResource {
    /** Names of the containers that run now. */
    readonly containers: pulumi.Output<string[]>;

    constructor(name: string, args: MetricsArgs, opts?: pulumi.ComponentResourceOptions) {
        super("sidecar:index:Metrics", name, {}, opts);
        const parent = this;
        const { pooler, database, aliases, hostPorts = [], limitProcesses, swapLimit } = args;
        const common = { ...confined, ...limits({ ...exporterLimits, swapLimit }) };
        const network = args.network ?? database.network;
        const pgbouncerImage = pullImage(`${name}-console`, args.images.pgbouncer, parent);
        const postgresImage = pullImage(`${name}-database`, args.images.postgres, parent);
        const write = args.writeSecrets;
        const secrets = secretsVolume({
            ...{ name: `${name}-database`, image: postgresImage, write, parent },
            secrets: { password: database.password },
        });

        // The state keeps it as it was when this role came, each time with a password of its own.
        const since = new pulumi.Stash(
            `${name}-since-${args.lookupRole}`,
            { input: new Date().toISOString() },
            { parent, ignoreChanges: ["input"] },
        );
        const queries = pulumi
            .all([args.queries, since.output])
            .apply(([known, came]) => renderQueries({ ...known, lookupRole: args.lookupRole, since: secondsOf(came as string) }));

        // Not "pgbouncer": `docker ps --filter name=pgbouncer` finds the poolers alone.
        const ofProcess = (number: number) =>
            new docker.Container(
                exporterName(name, number),
                {
                    ...common,
                    image: pgbouncerImage,
                    entrypoints: ["/bin/pgbouncer_exporter"],
                    command: [
                        pulumi
                            .output(pooler.id)
                            .apply((id) => `--pgBouncer.connectionString=host=${socketOf(id, number)} port=${pooler.port} user=${statsAccount.name} dbname=pgbouncer sslmode=disable`), // prettier-ignore
                    ],
                    volumes: [{ volumeName: pooler.sockets, containerPath: socketsDir, readOnly: true }],
                    networksAdvanced: [{ name: network.name, aliases: [aliases.pgbouncer] }],
                    ...published(exporterPorts.pgbouncer, hostPorts[number]),
                    labels: labels({
                        [metricsNetworkLabel]: network.id,
                        ...scraped(exporterPorts.pgbouncer),
                        "pg-sidecar.process": String(number),
                    }),
                },
                { parent },
            );
        const { host, port, name: databaseName, tls, ca } = database;
        const checked = ca === "" ? "" : `&sslrootcert=${filesDir}/ca.pem`;
        const ofProcesses = numbers(pooler.processes).map(ofProcess);
        const ofDatabase = new docker.Container(
            exporterName(name, 0),
            {
                ...common,
                image: postgresImage,
                entrypoints: unpacking({
                    files: { "queries.yml": queries, "config.yml": "{}\n", ...(ca === "" ? {} : { "ca.pem": ca }) },
                    command: [
                        "/bin/postgres_exporter",
                        `--config.file=${filesDir}/config.yml`,
                        `--extend.query-path=${filesDir}/queries.yml`,
                        "--disable-default-metrics",
                        "--disable-settings-metrics",
                        ...collectors.map((one) => `--no-collector.${one}`),
                    ],
                }),
                envs: [
                    `DATA_SOURCE_URI=${host}:${port}/${databaseName}?sslmode=${exporterTls(tls)}${checked}&application_name=pg-sidecar-metrics`,
                    pulumi.interpolate`DATA_SOURCE_USER=${database.role}`,
                    `DATA_SOURCE_PASS_FILE=${secretsDir}/password`,
                ],
                volumes: [{ volumeName: secrets, containerPath: secretsDir, readOnly: true }],
                networksAdvanced: [
                    { name: database.network.name, ...(args.network ? {} : { aliases: [aliases.postgres] }) },
                    ...(args.network ? [{ name: args.network.name, aliases: [aliases.postgres] }] : []),
                ],
                ...published(exporterPorts.postgres, hostPorts[0]),
                labels: labels({
                    [databaseNetworkLabel]: database.network.id,
                    [metricsNetworkLabel]: network.id,
                    ...scraped(exporterPorts.postgres),
                }),
            },
            { parent, dependsOn: ofProcesses }, // once it says how many there are, they are there
        );
        const exporters = [...ofProcesses, ofDatabase];
        this.containers = pulumi.all(exporters.map((one) => limitedTo(exporterProcesses, one, limitProcesses)));
        this.registerOutputs({ containers: this.containers });
    }
}

const confined = {
    ...containerDefaults,
    wait: false, // one that fails must not keep an `up` from its end: the pool is there without it
    tmpfs: tmpfs(1),
    user: `${statsAccount.uid}:${statsAccount.uid}`,
} satisfies Partial<docker.ContainerArgs>;

/** Only on loopback: the exporters ask for no login. */
const published = (internal: number, external?: number) =>
    external === undefined ? {} : { ports: [{ internal, external, ip: "127.0.0.1" }] };

/** Folder of the socket of a pooler's process, as the exporters see it; `run` has the same rule. */
const socketOf = (poolerId: string, number: number) => socketDir(number, `${socketsDir}/${poolerId.slice(0, 12)}`);

/** The exporter's driver can't try one and then the other. */
const exporterTls = (mode: ServerTlsMode) => (mode === "prefer" ? "disable" : mode);
