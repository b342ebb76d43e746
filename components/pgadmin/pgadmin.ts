import * as fs from "fs";
import * as path from "path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { image } from "../image";
import { databaseNetworkLabel, labels, owner, proxyNetworkLabel } from "../labels";
import { rotatedLogs } from "../logs";
import { FoundNetwork } from "../networks";
import { proxySettings, Route, routeLabels } from "./route";
import { renderServers, ServerEntry } from "./servers";

export interface PgadminArgs {
    /** Image with its digest, `name:tag@sha256:…`. */
    image: pulumi.Input<string>;
    /** Login, an e-mail address. A change makes a second user; the first keeps what it had. */
    email: pulumi.Input<string>;
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
}

const home = "/etc/pg-sidecar";
const listenPort = 80;

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
        const file = (from: string) => ({
            file: `${home}/${from}`,
            content: fs.readFileSync(path.join(__dirname, from), "utf8"),
            permissions: "0755",
        });

        const { proxy, databaseNetwork } = args;
        const routed = proxy
            ? pulumi
                  .output(proxy.network.name)
                  .apply((network) => routeLabels(proxy, `${owner().replace("/", "-")}-pgadmin`, network, listenPort))
            : {};
        const networkIds = {
            ...(databaseNetwork ? { [databaseNetworkLabel]: databaseNetwork.id } : {}),
            ...(proxy ? { [proxyNetworkLabel]: proxy.network.id } : {}),
        };

        const container = new docker.Container(
            name,
            {
                image: image(name, args.image, parent),
                entrypoints: ["/bin/sh", `${home}/start`],
                uploads: [
                    file("start"),
                    file("backup.py"),
                    file("refresh.py"),
                    { file: "/pgadmin4/servers.json", content: pulumi.output(args.server).apply(renderServers), permissions: "0444" },
                    // Not an env, which `docker inspect` shows.
                    { file: `${home}/password`, content: this.password, permissions: "0444" },
                ],
                envs: [
                    pulumi.interpolate`PGADMIN_DEFAULT_EMAIL=${this.email}`,
                    `PGADMIN_DEFAULT_PASSWORD_FILE=${home}/password`,
                    "PGADMIN_SERVER_JSON_FILE=/pgadmin4/servers.json",
                    "PGADMIN_CONFIG_SERVER_MODE=True",
                    "PGADMIN_CONFIG_MASTER_PASSWORD_REQUIRED=False",
                    // Neither asks anybody outside: not for news of versions, not with a hash of the login for a picture.
                    "PGADMIN_CONFIG_UPGRADE_CHECK_ENABLED=False",
                    "PGADMIN_CONFIG_SHOW_GRAVATAR_IMAGE=False",
                    "PGADMIN_DISABLE_POSTFIX=True",
                    // Said, since without capabilities the image would silently choose 8080.
                    `PGADMIN_LISTEN_PORT=${listenPort}`,
                    // The way by hostPort is plain HTTP, on which such a cookie would not be sent back.
                    ...proxySettings(proxy ? 1 : 0, proxy !== undefined && !args.hostPort),
                    pulumi.interpolate`SIDECAR_IMAGE=${args.image}`,
                ],
                volumes: [{ volumeName: volume.name, containerPath: "/var/lib/pgadmin" }],
                networkMode: "bridge",
                networksAdvanced: [
                    { name: args.network, aliases: ["pgadmin"] },
                    // Without the alias: another pgAdmin may have it there already.
                    ...(databaseNetwork ? [{ name: databaseNetwork.name }] : []),
                    ...(proxy ? [{ name: proxy.network.name }] : []),
                ],
                ...(args.hostPort ? { ports: [{ internal: listenPort, external: args.hostPort, ip: "127.0.0.1" }] } : {}),
                labels: pulumi.output(routed).apply((route) => labels({ ...networkIds, ...route })),
                restart: "always",
                healthcheck: {
                    tests: [
                        "CMD",
                        "/venv/bin/python3",
                        "-c",
                        `import urllib.request as r; r.urlopen("http://127.0.0.1:${listenPort}/misc/ping", timeout=4)`,
                    ],
                    interval: "5s",
                    timeout: "5s",
                    retries: 3,
                    startPeriod: "1m0s",
                },
                wait: true,
                waitTimeout: 180,
                destroyGraceSeconds: 10,
                capabilities: { drops: ["ALL"] },
                securityOpts: ["no-new-privileges"],
                ...rotatedLogs,
            },
            // Its SQLite takes one writer: the old container goes before the new one comes.
            { parent, deleteBeforeReplace: true, replaceOnChanges: ["healthcheck"] },
        );

        this.containerName = container.name;
        const url = proxy
            ? `https://${proxy.domain}`
            : args.hostPort
              ? `http://127.0.0.1:${args.hostPort}`
              : `http://pgadmin:${listenPort}`;
        this.url = container.id.apply(() => url);
        this.registerOutputs({ url: this.url, email: this.email, password: this.password, containerName: this.containerName });
    }
}
