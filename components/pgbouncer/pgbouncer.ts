import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { containerDefaults, pullImage, uploadScript } from "../container";
import { databaseNetworkLabel, labels, owner, poolerLabel } from "../labels";
import { FoundNetwork } from "../networks";
import { poolerBackends } from "./budget";
import { configDir, lookupDatabase, PgbouncerIni, renderInis, renderUserlist } from "./ini";
import { rollKey, scriptFile, scripts } from "./roll";
import { Reload, settingsDir, settingsName } from "./settings";

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
    /** Puts settings in force on the host; by default nobody does. */
    reload?: (settings: Reload) => Promise<void>;
    /** Seconds that a pooler which is being replaced gives open transactions to end. Default 60. */
    stopGrace?: pulumi.Input<number>;
}

/** Seconds within which a new pooler has to be healthy. Otherwise the change fails and the old pooler stays. */
const proofTimeout = 45;

/** Open files that each of a pooler's processes needs: one for each client and backend, and 64 of its own. `run` checks that the engine allows them. */
export function openFiles({ databases, maxClientConn, maxDbConnections, processes }: PgbouncerIni): number {
    return maxClientConn + poolerBackends({ databases: databases.length, maxDbConnections, processes }) + 64;
}

/**
 * The pooler. A change of any argument starts a second pooler beside the first, waits until it has answered a query through the pool,
 * and only then stops the first. `run` says how neither of them turns a client away. Its container, too, starts after what
 * `dependsOn` in the options names.
 */
export class Pgbouncer extends pulumi.ComponentResource {
    /** The pgbouncer.ini in force, or that of each process. As an output, a preview shows its changed lines; it hides those of an upload. */
    readonly ini: pulumi.Output<string>;
    /** `name:port` on both networks. */
    readonly address: pulumi.Output<string>;
    /** Name of the container that serves now. */
    readonly containerName: pulumi.Output<string>;

    constructor(name: string, args: PgbouncerArgs, opts?: pulumi.ComponentResourceOptions) {
        super("sidecar:index:Pgbouncer", name, {}, opts);
        const parent = this;

        const ini = pulumi.output(args.ini);
        const inis = ini.apply(renderInis);
        this.ini = inis.apply((each) => each.join("\n"));
        const userlist = pulumi.secret(
            pulumi.all([ini, args.password]).apply(([{ authUser }, password]) => renderUserlist(authUser, password)),
        );
        const image = pullImage(name, args.image, parent);
        const volume = new docker.Volume(`${name}-settings`, { labels: labels() }, { parent });
        const { reload } = args;
        const inForce = pulumi
            .all([inis, userlist, ini.apply(openFiles), volume.name, image])
            .apply(async ([texts, users, files, volumeName, imageId]) => {
                const poolerFiles = { inis: texts, userlist: users, openFiles: files };
                if (!pulumi.runtime.isDryRun()) await reload?.({ owner: owner(), files: poolerFiles, volume: volumeName, image: imageId });
                return settingsName(poolerFiles);
            });
        // A reload in the state: a preview shows the ini's changed lines, and a reload that failed is tried by the next `up`.
        const reloaded = new pulumi.Stash(`${name}-reload`, { input: { ini: this.ini, inForce: pulumi.unsecret(inForce) } }, { parent });
        const grace = pulumi.output(args.stopGrace ?? 60);

        const container = new docker.Container(
            name,
            {
                ...containerDefaults,
                image,
                // No `name`: two exist side by side while one takes over. `docker ps --filter name=pgbouncer` finds both.
                // Not the image's entrypoint: it creates a pgbouncer.ini, or fails.
                entrypoints: [`${configDir}/run`],
                uploads: scripts.map((name) => uploadScript(`${configDir}/${name}`, scriptFile(name))),
                envs: [pulumi.interpolate`SIDECAR_PORT=${ini.listenPort}`, `SIDECAR_DATABASE=${lookupDatabase}`],
                volumes: [{ volumeName: volume.name, containerPath: settingsDir }],
                networksAdvanced: [
                    { name: args.databaseNetwork.name, aliases: [args.alias] },
                    { name: args.sidecarNetwork, aliases: [args.alias] },
                ],
                labels: labels({
                    [databaseNetworkLabel]: args.databaseNetwork.id,
                    [poolerLabel]: pulumi
                        .all([args.image, args.alias, ini, grace])
                        .apply(([pgbouncerImage, pgbouncerAlias, { listenPort, processes }, pgbouncerStopGrace]) =>
                            rollKey({ pgbouncerImage, pgbouncerAlias, listenPort, processes, pgbouncerStopGrace }),
                        ),
                }),
                healthcheck: { tests: ["CMD", `${configDir}/health`], interval: "5s", timeout: "5s", retries: 3, startPeriod: "30s" },
                waitTimeout: proofTimeout,
                // SIGTERM has `run` leave gently. Without a grace period, the provider kills the container at once.
                stopSignal: "SIGTERM",
                stopTimeout: grace,
                destroyGraceSeconds: grace,
            },
            {
                parent,
                deleteBeforeReplace: false,
                replaceOnChanges: ["healthcheck"], // the provider ignores a change in place
                // Not through a property: a grant that is deleted before its replacement would take the serving pooler along.
                dependsOn: pulumi
                    .output(opts?.dependsOn ?? [])
                    .apply((others) => [reloaded, ...(Array.isArray(others) ? others : [others])]),
            },
        );

        this.containerName = container.name;
        // Through the container's id, so that the address is known only once a pooler serves.
        this.address = pulumi.all([args.alias, ini.listenPort, container.id]).apply(([alias, port]) => `${alias}:${port}`);
        this.registerOutputs({ ini: this.ini, address: this.address, containerName: this.containerName });
    }
}
