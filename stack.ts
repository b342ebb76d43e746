import * as pulumi from "@pulumi/pulumi";
import { Authentication, AuthenticationArgs } from "./components/authentication/authentication";
import { lookupRole } from "./components/authentication/rotation";
import { Networks } from "./components/networks";
import { Pgadmin, PgadminArgs } from "./components/pgadmin/pgadmin";
import { budget } from "./components/pgbouncer/budget";
import { Pgbouncer } from "./components/pgbouncer/pgbouncer";
import { deployed } from "./settings/deployed";
import { Settings } from "./settings/settings";

export interface Surroundings {
    /** What the stack's state has, if that is known. */
    inState?: AuthenticationArgs["inState"];
    /** Looks at a new pgAdmin before the old one goes. */
    tryImage?: PgadminArgs["tryImage"];
}

/** Makes the whole sidecar from its settings and returns the stack's outputs. */
export function deploy(settings: Settings, { inState, tryImage }: Surroundings = {}) {
    const database = settings.databases[0]!;
    const admin = settings.adminUsers[0]!;

    const networks = new Networks("pg-sidecar", {
        databaseNetwork: settings.databaseNetwork,
        ...(settings.pgadminDomain ? { proxyNetwork: settings.proxyNetwork } : {}),
    });
    const authentication = new Authentication("pgbouncer", {
        authUser: settings.authUser,
        rotation: settings.rotation,
        authFunction: settings.authFunction,
        database,
        ...(inState ? { inState } : {}),
    });
    const pgbouncer = new Pgbouncer(
        "pgbouncer",
        {
            image: settings.pgbouncerImage,
            ini: { ...settings, authUser: lookupRole(settings) },
            password: authentication.password,
            alias: settings.pgbouncerAlias,
            sidecarNetwork: networks.sidecar,
            databaseNetwork: networks.database,
            stopGrace: settings.pgbouncerStopGrace,
        },
        // No pooler starts on a half of it, and what is deleted of it goes after the pooler that used it.
        { dependsOn: [authentication] },
    );
    const direct = { host: settings.databaseHost, port: settings.databasePort };
    const pgadmin = new Pgadmin("pgadmin", {
        image: settings.pgadminImage,
        email: settings.pgadminEmail,
        ...(settings.pgadminPassword ? { password: settings.pgadminPassword } : {}),
        server: {
            host: settings.pgbouncerAlias,
            port: settings.listenPort,
            databases: settings.databases,
            username: admin,
            ...(settings.pgadminDirect ? { direct } : {}),
        },
        network: networks.sidecar,
        // Where database and proxy share a network, pgAdmin joins it once.
        ...(settings.pgadminDirect && !(networks.proxy && settings.proxyNetwork === settings.databaseNetwork)
            ? { databaseNetwork: networks.database }
            : {}),
        volume: settings.pgadminVolume,
        hostPort: settings.pgadminPort,
        startTimeout: settings.pgadminStartTimeout,
        ...(tryImage ? { tryImage } : {}),
        ...(networks.proxy
            ? {
                  proxy: {
                      network: networks.proxy,
                      domain: settings.pgadminDomain,
                      tls: settings.proxyTls,
                      entrypoint: settings.proxyEntrypoint,
                      redirectFrom: settings.proxyRedirectFrom,
                      certResolver: settings.proxyCertResolver,
                  },
              }
            : {}),
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
        // The most backends the sidecar ever holds, and the file a reviewer wants to see line by line.
        backendBudget: budget({ databases: settings.databases.length, maxDbConnections: settings.maxDbConnections }),
        pgbouncerIni: pgbouncer.ini,
        // What `npm run verify` holds the running stack against.
        deployed: deployed(settings),
    };
}
