import * as path from "path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { containerDefaults, pullImage, uploadFile, uploadScript } from "../container";
import { databaseNetworkLabel, labels, owner, proxyNetworkLabel } from "../labels";
import { resourceNames } from "../names";
import { FoundNetwork } from "../networks";
import { emailSettings } from "./email";
import { proxySettings, Route, routeLabels, routerName } from "./route";
import { renderServers, ServerEntry } from "./servers";
import { Trial } from "./trial";

export interface PgadminArgs {
    /** Image with its digest, `name:tag@sha256:…`. */
    image: pulumi.Input<string>;
    /** Login, an e-mail address. A change makes a second user; the first keeps what it had. */
    email: string;
    /** Password of the login, a secret; generated where none is given. */
    password?: pulumi.Input<string>;
    /** The server entry registered for the login. */
    server: pulumi.Input<ServerEntry>;
    /** Network on which the pooler is. */
    network: pulumi.Input<string>;
    /**
     * The database's network, where `server` has a direct entry. Each tab on that entry holds a backend of its own, which no
     * budget counts: what the pooler is there to prevent. None by default.
     */
    databaseNetwork?: FoundNetwork;
    /**
     * Volume of pgAdmin's data, made where it doesn't exist. It outlives the stack: `pulumi destroy` leaves it, and
     * `docker volume rm` is what deletes it, with every user's servers, saved passwords and queries. Before another image
     * uses it, what is on it is packed into its folder `backups` (the last five are kept).
     */
    volume: pulumi.Input<string>;
    /** Port on the Docker host's loopback; none by default. */
    hostPort?: number;
    /** How the host's proxy serves it, and the network on which that is; not at all by default. */
    proxy?: Route & { network: FoundNetwork };
    /** Seconds that a start may take until pgAdmin answers. */
    startTimeout: number;
    /** Refuses an image that would not start, before the pgAdmin that runs goes; by default none is refused. */
    tryImage?: (trial: Trial) => Promise<void>;
}

const home = "/etc/pg-sidecar";

/** Seconds (less than an hour) as the engine gives them back: what is set in another form is a change in each preview. */
export function duration(seconds: number): string {
    return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
const listenPort = 80;

/** Name of pgAdmin on the sidecar's network. */
const alias = resourceNames.pgadmin;

/** pgAdmin 4 on the sidecar's network, where it reaches the pooler and, unless it is told to, not the database. */
export class Pgadmin extends pulumi.ComponentResource {
    /** Where a browser finds it; for a stack with neither a port nor a domain, its address on the Docker network. */
    readonly url: pulumi.Output<string>;
    readonly email: pulumi.Output<string>;
    /** A secret. */
    readonly password: pulumi.Output<string>;
    /** Name of the container. */
    readonly containerName: pulumi.Output<string>;

    constructor(name: string, args: PgadminArgs, opts?: pulumi.ComponentResourceOptions) {
        super("sidecar:index:Pgadmin", name, {}, opts);
        const parent = this;

        this.email = pulumi.output(args.email);
        this.password = pulumi.secret(args.password ?? new random.RandomPassword(name, { length: 24, special: false }, { parent }).result);

        // One that was there already keeps what it is: to change a volume's labels is to make it anew.
        const ignoreChanges = ["labels", "driver", "driverOpts"];
        const volume = new docker.Volume(name, { name: args.volume }, { parent, retainOnDelete: true, ignoreChanges });
        const script = (file: string) => uploadScript(`${home}/${file}`, path.join(__dirname, file));

        const { proxy, databaseNetwork } = args;
        const routed = proxy
            ? pulumi.output(proxy.network.name).apply((network) => routeLabels(proxy, routerName(owner()), network, listenPort))
            : {};
        const networkIds = {
            ...(databaseNetwork ? { [databaseNetworkLabel]: databaseNetwork.id } : {}),
            ...(proxy ? { [proxyNetworkLabel]: proxy.network.id } : {}),
        };

        const servers = pulumi.output(args.server).apply(renderServers);
        const { tryImage, startTimeout: within } = args;
        const tried = pulumi
            .all([pullImage(name, args.image, parent), args.image, args.email, servers, volume.name])
            .apply(async ([id, reference, email, serverFile, volumeName]) => {
                if (!pulumi.runtime.isDryRun()) {
                    await tryImage?.({ owner: owner(), reference, image: id, email, servers: serverFile, volume: volumeName, within });
                }
                return id;
            });

        const container = new docker.Container(
            name,
            {
                ...containerDefaults,
                image: tried,
                entrypoints: ["/bin/sh", `${home}/start`],
                uploads: [
                    script("start"),
                    script("backup.py"),
                    script("refresh.py"),
                    uploadFile("/pgadmin4/servers.json", servers),
                    // Not an env, which `docker inspect` shows.
                    uploadFile(`${home}/password`, this.password),
                ],
                envs: environment(args),
                volumes: [{ volumeName: volume.name, containerPath: "/var/lib/pgadmin" }],
                networksAdvanced: [
                    { name: args.network, aliases: [alias] },
                    // Without the alias: another pgAdmin may have it there already.
                    ...(databaseNetwork ? [{ name: databaseNetwork.name }] : []),
                    ...(proxy ? [{ name: proxy.network.name }] : []),
                ],
                ...(args.hostPort ? { ports: [{ internal: listenPort, external: args.hostPort, ip: "127.0.0.1" }] } : {}),
                labels: pulumi.output(routed).apply((route) => labels({ ...networkIds, ...route })),
                healthcheck: {
                    // Not Python, whose start takes ten times the CPU. This busybox is in Alpine and in Debian.
                    tests: ["CMD", "busybox", "wget", "-q", "-T", "4", "-O", "/dev/null", `http://127.0.0.1:${listenPort}/misc/ping`],
                    interval: "5s",
                    timeout: "5s",
                    retries: 3,
                    startPeriod: duration(args.startTimeout),
                },
                waitTimeout: args.startTimeout,
                destroyGraceSeconds: 10,
            },
            // Its SQLite takes one writer: the old container goes before the new one comes.
            { parent, deleteBeforeReplace: true, replaceOnChanges: ["healthcheck"] },
        );

        this.containerName = container.name;
        this.url = container.id.apply(() => urlOf(args));
        this.registerOutputs({ url: this.url, email: this.email, password: this.password, containerName: this.containerName });
    }
}

function environment({ proxy, hostPort, email, image }: PgadminArgs): pulumi.Input<string>[] {
    return [
        pulumi.interpolate`PGADMIN_DEFAULT_EMAIL=${email}`,
        `PGADMIN_DEFAULT_PASSWORD_FILE=${home}/password`,
        "PGADMIN_SERVER_JSON_FILE=/pgadmin4/servers.json",
        "PGADMIN_CONFIG_SERVER_MODE=True",
        "PGADMIN_CONFIG_MASTER_PASSWORD_REQUIRED=False",
        // pgAdmin asks nobody outside: not for news of versions, not with a hash of the login for a picture.
        "PGADMIN_CONFIG_UPGRADE_CHECK_ENABLED=False",
        "PGADMIN_CONFIG_SHOW_GRAVATAR_IMAGE=False",
        "PGADMIN_DISABLE_POSTFIX=True",
        // Without capabilities the image would silently choose 8080.
        `PGADMIN_LISTEN_PORT=${listenPort}`,
        // Access by hostPort is plain HTTP, over which a browser would not send back a secure cookie.
        ...proxySettings(proxy ? 1 : 0, proxy !== undefined && !hostPort),
        ...emailSettings(email),
        pulumi.interpolate`SIDECAR_IMAGE=${image}`,
    ];
}

/** Where a browser finds pgAdmin. */
function urlOf({ proxy, hostPort }: PgadminArgs): string {
    if (proxy) return `https://${proxy.domain}`;
    return hostPort ? `http://127.0.0.1:${hostPort}` : `http://${alias}:${listenPort}`;
}
