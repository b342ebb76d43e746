import * as pulumi from "@pulumi/pulumi";
import { Authentication, AuthenticationArgs } from "./components/authentication/authentication";
import { lookupRole } from "./components/authentication/rotation";
import { resourceNames } from "./components/names";
import { Networks } from "./components/networks";
import { Pgadmin, PgadminArgs } from "./components/pgadmin/pgadmin";
import { budget } from "./components/pgbouncer/budget";
import { Pgbouncer, PgbouncerArgs } from "./components/pgbouncer/pgbouncer";
import { deployed } from "./settings/deployed";
import { Settings } from "./settings/settings";

export interface Surroundings {
    /** What the stack's state has, if it is known. */
    inState?: AuthenticationArgs["inState"];
    /** Tries a new pgAdmin before the old one is stopped. */
    tryImage?: PgadminArgs["tryImage"];
    /** Puts the pooler's settings in force. */
    reload?: PgbouncerArgs["reload"];
}

/** Declares the whole sidecar and returns the stack's outputs. */
export function deploy(settings: Settings, { inState, tryImage, reload }: Surroundings = {}) {
    const database = settings.databases[0]!;
    const admin = settings.adminUsers[0]!;

    const networks = new Networks(resourceNames.networks, {
        databaseNetwork: settings.databaseNetwork,
        proxyNetwork: settings.pgadminDomain ? settings.proxyNetwork : undefined,
    });
    const authentication = new Authentication(resourceNames.pooler, {
        authUser: settings.authUser,
        rotation: settings.rotation,
        authFunction: settings.authFunction,
        database,
        inState,
    });
    const pgbouncer = new Pgbouncer(
        resourceNames.pooler,
        {
            image: settings.pgbouncerImage,
            ini: { ...settings, authUser: lookupRole(settings) },
            password: authentication.password,
            alias: settings.pgbouncerAlias,
            sidecarNetwork: networks.sidecar,
            databaseNetwork: networks.database,
            stopGrace: settings.pgbouncerStopGrace,
            reload,
        },
        // The pooler starts once all of it exists, and what a run deletes of it goes after the pooler that used it.
        { dependsOn: [authentication] },
    );
    const direct = { host: settings.databaseHost, port: settings.databasePort };
    // If the database and the proxy share a network, pgAdmin joins it once.
    const joinsDatabase = settings.pgadminDirect && !(networks.proxy && settings.proxyNetwork === settings.databaseNetwork);
    const pgadmin = new Pgadmin(resourceNames.pgadmin, {
        image: settings.pgadminImage,
        email: settings.pgadminEmail,
        password: settings.pgadminPassword || undefined,
        server: {
            host: settings.pgbouncerAlias,
            port: settings.listenPort,
            databases: settings.databases,
            username: admin,
            direct: settings.pgadminDirect ? direct : undefined,
        },
        network: networks.sidecar,
        databaseNetwork: joinsDatabase ? networks.database : undefined,
        volume: settings.pgadminVolume,
        hostPort: settings.pgadminPort,
        startTimeout: settings.pgadminStartTimeout,
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

    return {
        pgadminUrl: pgadmin.url,
        pgadminEmail: pgadmin.email,
        pgadminPassword: pgadmin.password,
        pgadminContainer: pgadmin.containerName,
        poolerAddress: pgbouncer.address,
        pgbouncerContainer: pgbouncer.containerName,
        psql: pulumi.interpolate`docker exec -it ${pgbouncer.containerName} psql -h 127.0.0.1 -p ${settings.listenPort} -U ${admin} -d ${database}`,
        networks: { sidecar: networks.sidecar, database: networks.database.name },
        // The most backends that the sidecar ever holds, and the file that a reviewer reads line by line.
        backendBudget: budget({ ...settings, databases: settings.databases.length }),
        pgbouncerIni: pgbouncer.ini,
        // What `./sidecar verify` compares the running stack with.
        deployed: deployed(settings),
    };
}
