import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { labels } from "./labels";

export interface NetworksArgs {
    /** Name of the Docker network that the database is on. It is looked up and joined, never owned. */
    databaseNetwork: pulumi.Input<string>;
    /** Name of the network that the host's proxy is on, if there is one. It is looked up and joined, too. */
    proxyNetwork?: pulumi.Input<string>;
}

/** A network that somebody else owns. */
export interface FoundNetwork {
    name: pulumi.Output<string>;
    /** Changes when another network takes the name (a redeploy): a container on it then has to be replaced. */
    id: pulumi.Output<string>;
}

/**
 * The sidecar's own network, and the existing ones of the database and the proxy. pgbouncer joins the first two, pgAdmin the
 * sidecar's and the proxy's.
 */
export class Networks extends pulumi.ComponentResource {
    /** Name of the sidecar's own network. */
    readonly sidecar: pulumi.Output<string>;
    /** The database's network. */
    readonly database: FoundNetwork;
    /** The proxy's network, if one was named. */
    readonly proxy?: FoundNetwork;

    constructor(name: string, args: NetworksArgs, opts?: pulumi.ComponentResourceOptions) {
        super("sidecar:index:Networks", name, {}, opts);
        const parent = this;
        const find = (network: pulumi.Input<string>): FoundNetwork => {
            const found = docker.getNetworkOutput({ name: network }, { parent });
            return { name: found.name, id: found.id };
        };

        this.database = find(args.databaseNetwork);
        if (args.proxyNetwork !== undefined) this.proxy = find(args.proxyNetwork);
        this.sidecar = new docker.Network(name, { labels: labels() }, { parent }).name;

        this.registerOutputs({ sidecar: this.sidecar, database: this.database, proxy: this.proxy });
    }
}
