import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import {
    containerDefaults,
    healthTimes,
    limitedTo,
    LimitProcesses,
    Limits,
    limits,
    pullImage,
    textOf,
    tmpfs,
    unpacking,
} from "../container";
import { ContainerFile } from "../../host/files";
import { databaseNetworkLabel, labels, owner, poolerLabel } from "../labels";
import { filesDir } from "../names";
import { FoundNetwork, Reach } from "../networks";
import { openFiles } from "./budget";
import { renderHba, socketsDir } from "./console";
import { lookupDatabase, PgbouncerIni, renderInis, renderUserlist } from "./ini";
import { rollKey, scriptFile, scripts } from "./roll";
import { Reload, settingsDir, settingsName } from "./reload";

export interface PgbouncerArgs {
    /** Image with its digest, `name:tag@sha256:…`. */
    image: pulumi.Input<string>;
    /** What goes into pgbouncer.ini. */
    ini: pulumi.Input<PgbouncerIni>;
    /** Password of the lookup role. */
    password: pulumi.Input<string>;
    /** Certificates and keys that the ini names; none by default. */
    certificates?: pulumi.Input<ContainerFile[]>;
    /** Name of the pooler on its networks. */
    alias: pulumi.Input<string>;
    /** The sidecar's own network. */
    sidecarNetwork: pulumi.Input<string>;
    /** The database's network; the container is replaced when its id changes. */
    databaseNetwork: FoundNetwork;
    /** What the container may use of its host. A change rolls the pooler. */
    limits: Limits;
    /** Processes in the container. */
    processes: number;
    /** Limits them on the host; by default nobody does. */
    limitProcesses?: LimitProcesses;
    /** Whether the engine knows a `startInterval`. Default false. A change rolls the pooler. */
    startInterval?: boolean;
    /** Whether exporters ask the console over its socket, which is then on a volume; the same as in `ini`. Default false. A change rolls the pooler. */
    metrics?: boolean;
    /** What leads out of the sidecar's network. A change replaces that network, and so rolls the pooler. */
    reach: Reach;
    /** Puts settings in force on the host; by default nobody does. */
    reload?: (settings: Reload) => Promise<void>;
    /** Seconds that a pooler which is being replaced gives open transactions to end. Default 60. */
    stopGrace?: pulumi.Input<number>;
}

/** A volume in memory, in which each pooler makes a folder of its own. Nothing of it outlasts the containers. */
const socketsVolume = () => ({ driver: "local", driverOpts: { type: "tmpfs", device: "tmpfs", o: "mode=1777,size=1m" }, labels: labels() });

/** Seconds within which a new pooler has to be healthy. Otherwise the change fails and the old pooler stays. */
const proofTimeout = 45;

/**
 * The pooler. It reloads a changed ini, password or certificate. Any other argument starts a second pooler beside the first. The first
 * one stops once the second has answered a query through its pool. `run` says how neither of them turns a client away. The container
 * starts after what `dependsOn` in the options names.
 */
export class Pgbouncer extends pulumi.ComponentResource {
    /** The pgbouncer.ini in force, or that of each process. As an output, a preview shows its changed lines; it hides those of an upload. */
    readonly ini: pulumi.Output<string>;
    /** `name:port` on both networks. */
    readonly address: pulumi.Output<string>;
    /** Name of the container that serves now. */
    readonly containerName: pulumi.Output<string>;
    /** Its id. */
    readonly containerId: pulumi.Output<string>;
    /** Volume of the sockets, if there are exporters. */
    readonly sockets?: pulumi.Output<string>;
    /** There once the pooler that runs has accepted the settings. A preview knows it, too. */
    readonly accepted: pulumi.Output<pulumi.URN>;

    constructor(name: string, args: PgbouncerArgs, opts?: pulumi.ComponentResourceOptions) {
        super("sidecar:index:Pgbouncer", name, {}, opts);
        const parent = this;

        const ini = pulumi.output(args.ini);
        const inis = ini.apply(renderInis);
        this.ini = inis.apply((each) => each.join("\n"));
        const userlist = pulumi.secret(
            pulumi.all([ini, args.password]).apply(([{ authUser, metrics }, password]) => renderUserlist(authUser, password, metrics)),
        );
        const image = pullImage(name, args.image, parent);
        const volume = new docker.Volume(`${name}-files`, { labels: labels() }, { parent });
        if (args.metrics) this.sockets = new docker.Volume(`${name}-sockets`, socketsVolume(), { parent }).name;
        const { reload } = args;
        const inForce = pulumi
            .all([
                inis,
                userlist,
                ini.apply(openFiles),
                pulumi.secret(args.certificates ?? []),
                volume.name,
                image,
                args.databaseNetwork.name,
            ])
            .apply(async ([texts, users, files, certificates, volumeName, imageId, network]) => {
                const hba = args.metrics ? { hba: renderHba() } : {};
                const poolerFiles = { inis: texts, userlist: users, openFiles: files, certificates, ...hba };
                if (!pulumi.runtime.isDryRun())
                    await reload?.({ owner: owner(), files: poolerFiles, volume: volumeName, image: imageId, network });
                return settingsName(poolerFiles);
            });
        // A reload in the state: a preview shows the ini's changed lines, and a reload that failed is tried by the next `up`.
        const reloaded = new pulumi.Stash(`${name}-reload`, { input: { ini: this.ini, inForce: pulumi.unsecret(inForce) } }, { parent });
        this.accepted = reloaded.urn;
        const grace = pulumi.output(args.stopGrace ?? 60);

        const container = new docker.Container(
            name,
            {
                ...containerDefaults,
                image,
                // No `name`: two exist side by side while one takes over. `docker ps --filter name=pgbouncer` finds both.
                // Not the image's entrypoint: it creates a pgbouncer.ini, or fails.
                entrypoints: unpacking({
                    files: Object.fromEntries(scripts.map((name) => [name, textOf(scriptFile(name))])),
                    command: [`${filesDir}/run`],
                }),
                tmpfs: tmpfs(32),
                ...limits(args.limits),
                envs: [pulumi.interpolate`SIDECAR_PORT=${ini.listenPort}`, `SIDECAR_DATABASE=${lookupDatabase}`],
                volumes: [
                    { volumeName: volume.name, containerPath: settingsDir },
                    ...(this.sockets ? [{ volumeName: this.sockets, containerPath: socketsDir }] : []),
                ],
                networksAdvanced: [
                    { name: args.databaseNetwork.name, aliases: [args.alias] },
                    { name: args.sidecarNetwork, aliases: [args.alias] },
                ],
                labels: labels({
                    [databaseNetworkLabel]: args.databaseNetwork.id,
                    [poolerLabel]: pulumi
                        .all([args.image, args.alias, ini, grace])
                        .apply(([pgbouncerImage, pgbouncerAlias, { listenPort, processes }, pgbouncerStopGrace]) =>
                            rollKey({
                                pgbouncerImage,
                                pgbouncerAlias,
                                listenPort,
                                processes,
                                pgbouncerStopGrace,
                                pgbouncerCpus: args.limits.cpus,
                                pgbouncerFiles: args.limits.openFiles,
                                pgbouncerMemory: args.limits.memory,
                                pgadminPort: args.reach.published ? 1 : 0,
                                pgadminEgress: args.reach.egress,
                                metrics: args.metrics ?? false,
                            }),
                        ),
                }),
                healthcheck: { tests: ["CMD", `${filesDir}/health`], ...healthTimes(args.startInterval), startPeriod: "30s" },
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

        this.containerId = container.id;
        this.containerName = limitedTo(args.processes, container, args.limitProcesses);
        // Through the container's id, so that the address is known only once a pooler serves.
        this.address = pulumi.all([args.alias, ini.listenPort, container.id]).apply(([alias, port]) => `${alias}:${port}`);
        this.registerOutputs({ ini: this.ini, address: this.address, containerName: this.containerName });
    }
}
