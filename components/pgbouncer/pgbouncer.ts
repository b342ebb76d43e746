import * as path from "path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { containerDefaults, pullImage, uploadFile, uploadScript } from "../container";
import { databaseNetworkLabel, labels } from "../labels";
import { FoundNetwork } from "../networks";
import { poolerBackends } from "./budget";
import { configDir, lookupDatabase, PgbouncerIni, renderIni, renderUserlist } from "./ini";

export interface PgbouncerArgs {
    /** Image with its digest, `name:tag@sha256:…`. */
    image: pulumi.Input<string>;
    /** What goes into pgbouncer.ini. */
    ini: pulumi.Input<PgbouncerIni>;
    /** Password of the lookup role. */
    password: pulumi.Input<string>;
    /** Name of the pooler on its networks. */
    alias: pulumi.Input<string>;
    /** The sidecar's own network. */
    sidecarNetwork: pulumi.Input<string>;
    /** The database's network; the container is replaced when its id changes. */
    databaseNetwork: FoundNetwork;
    /** Seconds that an outgoing pooler gives open transactions to end. Default 60. */
    stopGrace?: pulumi.Input<number>;
}

/** Seconds within which a new pooler must have proved itself, or the change fails and the old one stays. */
const proofTimeout = 45;

/** Open files that a pooler needs: one for each client and backend, and some of its own. `run` checks that the engine allows them. */
export function openFiles({ databases, maxClientConn, maxDbConnections }: PgbouncerIni): number {
    return maxClientConn + poolerBackends({ databases: databases.length, maxDbConnections }) + 64;
}

/**
 * The pooler. It starts after what `dependsOn` in its options names. A change of anything in it starts a second one beside the first, waits until that has answered a query
 * through the pool, and only then lets the first one leave: see `run` for how neither turns a client away.
 */
export class Pgbouncer extends pulumi.ComponentResource {
    /** The pgbouncer.ini in force: a preview shows its changed lines, which it hides among the uploads. */
    readonly ini: pulumi.Output<string>;
    /** `name:port` on both networks. */
    readonly address: pulumi.Output<string>;
    /** Name of the container now serving. */
    readonly containerName: pulumi.Output<string>;

    constructor(name: string, args: PgbouncerArgs, opts?: pulumi.ComponentResourceOptions) {
        super("sidecar:index:Pgbouncer", name, {}, opts);
        const parent = this;

        const ini = pulumi.output(args.ini);
        this.ini = ini.apply(renderIni);
        const userlist = pulumi.all([ini, args.password]).apply(([{ authUser }, password]) => renderUserlist(authUser, password));
        const script = (file: string) => uploadScript(`${configDir}/${file}`, path.join(__dirname, file));
        const grace = pulumi.output(args.stopGrace ?? 60);

        const container = new docker.Container(
            name,
            {
                ...containerDefaults,
                image: pullImage(name, args.image, parent),
                // No `name`: two have to stand side by side while one takes over. `docker ps --filter name=pgbouncer` finds both.
                command: [`${configDir}/run`],
                uploads: [
                    uploadFile(`${configDir}/pgbouncer.ini`, this.ini),
                    // Here, since envs show in `docker inspect`. Readable to all in the container, which runs as postgres alone:
                    // uploads are root's, and with `owner` the engine takes the uid that the *host* has under the user's name.
                    uploadFile(`${configDir}/userlist.txt`, pulumi.secret(userlist)),
                    script("run"),
                    script("health"),
                ],
                envs: [
                    pulumi.interpolate`SIDECAR_PORT=${ini.listenPort}`,
                    pulumi.interpolate`SIDECAR_USER=${ini.authUser}`,
                    pulumi.interpolate`SIDECAR_FUNCTION=${ini.authFunction}`,
                    `SIDECAR_DATABASE=${lookupDatabase}`,
                    pulumi.interpolate`SIDECAR_FILES=${ini.apply(openFiles)}`,
                ],
                networksAdvanced: [
                    { name: args.databaseNetwork.name, aliases: [args.alias] },
                    { name: args.sidecarNetwork, aliases: [args.alias] },
                ],
                labels: labels({ [databaseNetworkLabel]: args.databaseNetwork.id }),
                healthcheck: { tests: ["CMD", `${configDir}/health`], interval: "5s", timeout: "5s", retries: 3, startPeriod: "30s" },
                waitTimeout: proofTimeout,
                // SIGTERM starts the gentle leave in `run`; the provider kills at once where it is given no grace.
                stopSignal: "SIGTERM",
                stopTimeout: grace,
                destroyGraceSeconds: grace,
            },
            {
                parent,
                deleteBeforeReplace: false,
                replaceOnChanges: ["healthcheck"], // edits of one are ignored in place
                // Not by a property: a grant that is replaced, its old one first, would take the serving pooler along.
                ...(opts?.dependsOn ? { dependsOn: opts.dependsOn } : {}),
            },
        );

        this.containerName = container.name;
        // Through the container, so that who waits for the address waits for a pooler that serves.
        this.address = pulumi.all([args.alias, ini.listenPort, container.id]).apply(([alias, port]) => `${alias}:${port}`);
        this.registerOutputs({ ini: this.ini, address: this.address, containerName: this.containerName });
    }
}
