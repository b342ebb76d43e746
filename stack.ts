import * as pulumi from "@pulumi/pulumi";
import { Authentication, AuthenticationArgs } from "./components/authentication/authentication";
import { lookupRole, lookupRoles } from "./components/authentication/rotation";
import { owner } from "./components/labels";
import { resourceNames } from "./components/names";
import { LimitProcesses } from "./components/container";
import { metricsAliases } from "./components/metrics/aliases";
import { Metrics } from "./components/metrics/metrics";
import { exporterHostPorts } from "./components/metrics/ports";
import { secondsOf } from "./components/metrics/queries";
import { MetricsRole } from "./components/metrics/role";
import { scrapeConfig } from "./components/metrics/scrape";
import { Networks } from "./components/networks";
import { Pgadmin, PgadminArgs } from "./components/pgadmin/pgadmin";
import { PgadminRole } from "./components/pgadmin/role";
import { roleConnections } from "./components/pgadmin/roleconnections";
import { budget, BudgetArgs, poolerBackends, sizesOf } from "./components/pgbouncer/budget";
import { PoolerCertificate } from "./components/pgbouncer/certificate";
import { lookupConnections } from "./components/pgbouncer/lookupconnections";
import { Pgbouncer, PgbouncerArgs } from "./components/pgbouncer/pgbouncer";
import { clientTlsFiles, serverTlsFiles } from "./components/pgbouncer/tls";
import { certificatesIn } from "./settings/certificates";
import { deployed } from "./settings/deployed";
import { OwnedResources } from "./preflight/state";
import { schemasOf } from "./settings/roleschemas";
import { Settings } from "./settings/settings";

export interface Surroundings {
    /** What the stack's state has, if it is known. */
    inState?: NonNullable<AuthenticationArgs["inState"]> & Pick<OwnedResources, "before">;
    /** Tries a new pgAdmin before the old one is stopped. */
    tryImage?: PgadminArgs["tryImage"];
    /** Puts the pooler's settings in force. */
    reload?: PgbouncerArgs["reload"];
    /** Writes pgAdmin's secrets to their volume. */
    writeSecrets?: PgadminArgs["writeSecrets"];
    /** Limits the processes in a container. */
    limitProcesses?: LimitProcesses;
    /** Whether the engine knows a health check's `startInterval`; false by default. */
    startInterval?: boolean;
    /** Whether the engine can limit swap; true by default. */
    swapLimit?: boolean;
}

/** Declares the whole sidecar and returns the stack's outputs. */
export function deploy(settings: Settings, surroundings: Surroundings = {}) {
    const { inState, reload, writeSecrets, limitProcesses, startInterval, swapLimit } = surroundings;
    const database = settings.databases[0]!;
    const { pgadminRole } = settings;
    // A pooler that is yet to be replaced by a smaller one keeps the connections that it needs: the next run takes them.
    const largest = (of: (from: BudgetArgs) => number) => Math.max(of(sizesOf(settings)), of(sizesOf({ ...settings, ...inState?.before })));

    const reach = { published: settings.pgadminPort !== 0, egress: settings.pgadminEgress };
    const networks = new Networks(resourceNames.networks, {
        databaseNetwork: settings.databaseNetwork,
        proxyNetwork: settings.pgadminDomain ? settings.proxyNetwork : undefined,
        metricsNetwork: metricsNetworkOf(settings),
        reach,
    });
    const authentication = new Authentication(resourceNames.pooler, {
        authUser: settings.authUser,
        rotation: settings.rotation,
        authFunction: settings.authFunction,
        database,
        connectionLimit: largest(({ processes }) => lookupConnections(processes)),
        superusers: settings.poolSuperusers,
        inState,
    });
    const forClients = certificateForClients(settings);
    const role =
        pgadminRole === ""
            ? undefined
            : new PgadminRole(
                  resourceNames.pgadminRole,
                  {
                      name: pgadminRole,
                      memberOf: settings.pgadminRoleMemberOf,
                      databases: settings.databases,
                      schemas: schemasOf(settings),
                      connectionLimit: largest((from) => roleConnections(from, settings.pgadminDirect)),
                  },
                  { dependsOn: [authentication] }, // no two grants at the same time
              );
    const pgbouncer = new Pgbouncer(
        resourceNames.pooler,
        {
            image: settings.pgbouncerImage,
            ini: { ...settings, authUser: lookupRole(settings) },
            password: authentication.password,
            metrics: settings.metrics,
            certificates: pulumi
                .output(forClients?.certified)
                .apply((certified) => [...serverTlsFiles(settings), ...(certified ? clientTlsFiles(certified) : [])]),
            alias: settings.pgbouncerAlias,
            sidecarNetwork: networks.sidecar,
            databaseNetwork: networks.database,
            stopGrace: settings.pgbouncerStopGrace,
            limits: {
                memory: settings.pgbouncerMemory,
                cpus: Number(settings.pgbouncerCpus),
                openFiles: settings.pgbouncerFiles,
                swapLimit,
            },
            processes: settings.pgbouncerPids,
            reach,
            limitProcesses,
            startInterval,
            reload,
        },
        // The pooler starts once all of it exists, and what a run deletes of it goes after the pooler that used it.
        { dependsOn: [authentication] },
    );
    const metrics = settings.metrics
        ? deployMetrics(settings, {
              ...{ networks, pgbouncer, writeSecrets, limitProcesses, swapLimit },
              certificate: forClients?.certified,
              dependsOn: [authentication, ...(role ? [role] : [])], // no two grants at the same time
          })
        : undefined;
    const outputs = poolersOutputs(settings, { networks, pgbouncer, metrics, ca: forClients?.ca });
    if (settings.adminUi === "none") return outputs;

    const pgadmin = deployPgadmin(settings, surroundings, { networks, pgbouncer, role, ca: forClients?.ca });
    return {
        pgadminUrl: pgadmin.url,
        pgadminEmail: pgadmin.email,
        pgadminPassword: pgadmin.password,
        pgadminContainer: pgadmin.containerName,
        ...(role ? { pgadminRole: role.role, pgadminRolePassword: role.password } : {}),
        ...outputs,
    };
}

/** For psql in the pooler, and in pgAdmin's entry unless its people have a role of their own. */
const adminOf = ({ adminUsers, pgadminRole }: Settings) => adminUsers[0] ?? pgadminRole;

interface Deployed {
    networks: Networks;
    pgbouncer: Pgbouncer;
    /** That of the pooler's certificate, if it has one. */
    ca: pulumi.Output<string> | undefined;
}

/** What the stack returns of the pooler and its exporters. */
function poolersOutputs(settings: Settings, { networks, pgbouncer, metrics, ca }: Deployed & { metrics: Metrics | undefined }) {
    const { listenPort, stack } = settings;
    return {
        poolerAddress: pgbouncer.address,
        // With it, clients check the pooler's certificate (sslrootcert); "" if there is none.
        poolerCa: ca ?? "",
        pgbouncerContainer: pgbouncer.containerName,
        psql: pulumi.interpolate`docker exec -it ${pgbouncer.containerName} psql -h 127.0.0.1 -p ${listenPort} -U ${adminOf(settings)} -d ${settings.databases[0]!}`,
        networks: { sidecar: networks.sidecar, database: networks.database.name },
        // The most backends that the sidecar ever holds, and the file that a reviewer reads line by line.
        backendBudget: budget(sizesOf(settings)),
        pgbouncerIni: pgbouncer.ini,
        // The network on which Prometheus has to be, and a file for its `scrape_config_files`.
        ...(metrics
            ? {
                  metricsNetwork: (networks.metrics ?? networks.database).name,
                  metricsScrape: scrapeConfig({ aliases: metricsAliases(settings), hostPorts: exporterHostPorts(settings), stack }),
              }
            : {}),
        // What `./sidecar verify` compares the running stack with.
        deployed: deployed(settings),
    };
}

function deployPgadmin(
    settings: Settings,
    { tryImage, writeSecrets, limitProcesses, startInterval, swapLimit }: Surroundings,
    { networks, pgbouncer, ca, role }: Deployed & { role: PgadminRole | undefined },
): Pgadmin {
    const direct = { host: settings.databaseHost, port: settings.databasePort };
    // If the database and the proxy share a network, pgAdmin joins it once.
    const joinsDatabase = settings.pgadminDirect && !(networks.proxy && settings.proxyNetwork === settings.databaseNetwork);
    return new Pgadmin(resourceNames.pgadmin, {
        image: settings.pgadminImage,
        email: settings.pgadminEmail,
        password: settings.pgadminPassword || undefined,
        login: settings,
        // pgAdmin asks for TLS once the pooler has accepted it.
        server: pulumi.all([ca, pgbouncer.accepted]).apply(([poolerCa]) => ({
            host: settings.pgbouncerAlias,
            port: settings.listenPort,
            databases: settings.databases,
            username: role ? settings.pgadminRole : adminOf(settings),
            passfile: settings.pgadminPassfile,
            direct: settings.pgadminDirect ? direct : undefined,
            // The users that come from an identity provider would find no entry.
            shared: settings.oidcIssuer !== "",
            poolerCa,
        })),
        rolePassword: settings.pgadminPassfile ? role?.password : undefined,
        network: networks.sidecar,
        databaseNetwork: joinsDatabase ? networks.database : undefined,
        volume: settings.pgadminVolume,
        hostPort: settings.pgadminPort,
        startTimeout: settings.pgadminStartTimeout,
        limits: { memory: settings.pgadminMemory, cpus: Number(settings.pgadminCpus), openFiles: settings.pgadminFiles, swapLimit },
        processes: settings.pgadminPids,
        logJson: settings.pgadminLogJson,
        limitProcesses,
        startInterval,
        writeSecrets,
        tryImage,
        proxy: networks.proxy && {
            network: networks.proxy,
            domain: settings.pgadminDomain,
            tls: settings.proxyTls,
            entrypoint: settings.proxyEntrypoint,
            redirectFrom: settings.proxyRedirectFrom,
            certResolver: settings.proxyCertResolver,
        },
    });
}

/** The network of the exporters, if it is another one than the database's. */
function metricsNetworkOf({ metrics, metricsNetwork, databaseNetwork }: Settings): string | undefined {
    return metrics && !["", databaseNetwork].includes(metricsNetwork) ? metricsNetwork : undefined;
}

interface Measured extends Pick<Surroundings, "writeSecrets" | "limitProcesses" | "swapLimit"> {
    networks: Networks;
    pgbouncer: Pgbouncer;
    /** That of the pooler, if it has one. */
    certificate?: pulumi.Output<{ cert: string }>;
    dependsOn: pulumi.Resource[];
}

function deployMetrics(settings: Settings, { networks, pgbouncer, certificate, dependsOn, ...host }: Measured): Metrics {
    const [database] = settings.databases as [string];
    const role = new MetricsRole(resourceNames.metrics, { name: settings.metricsRole, database }, { dependsOn });
    const { serverTlsCa, serverTlsCert } = settings;
    return new Metrics(resourceNames.metrics, {
        images: { pgbouncer: settings.pgbouncerExporterImage, postgres: settings.postgresExporterImage },
        pooler: {
            id: pgbouncer.containerId,
            sockets: pgbouncer.sockets!,
            port: settings.listenPort,
            processes: settings.processes,
        },
        database: {
            ...{ host: settings.databaseHost, port: settings.databasePort, name: database, role: role.role, password: role.password },
            ...{ tls: settings.serverTlsSslmode, ca: serverTlsCa, network: networks.database },
        },
        network: networks.metrics,
        aliases: metricsAliases(settings),
        hostPorts: exporterHostPorts(settings),
        lookupRole: lookupRole(settings),
        // Without its key, a certificate is no secret.
        queries: pulumi.unsecret(pulumi.output(certificate)).apply((own) => ({
            lookupRoles: lookupRoles(settings.authUser),
            authFunction: settings.authFunction,
            poolerBackends: poolerBackends(sizesOf(settings)),
            budget: budget(sizesOf(settings)),
            processes: settings.processes,
            strict: settings.serverResetQueryAlways,
            certificates: Object.fromEntries(
                Object.entries({ "to the database": serverTlsCert, "to clients": own?.cert ?? "" }).flatMap(([of, pem]) => {
                    const [certificate] = certificatesIn(pem) ?? []; // the others are its CA's
                    return certificate ? [[of, secondsOf(certificate.validTo)]] : [];
                }),
            ),
        })),
        ...host,
    });
}

/** The certificate with which the pooler answers its clients, and the CA that they check it with; undefined without TLS. */
function certificateForClients(settings: Settings): Pick<PoolerCertificate, "ca" | "certified"> | undefined {
    const { clientTlsSslmode, clientTlsCert: cert, clientTlsKey: key, clientTlsCa: ca } = settings;
    if (clientTlsSslmode === "disable") return undefined;
    if (cert) return { ca: pulumi.output(ca), certified: pulumi.secret({ cert, key }) };
    return new PoolerCertificate(resourceNames.pooler, { owner: owner(), alias: settings.pgbouncerAlias });
}
