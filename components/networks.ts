import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { labels } from "./labels";

export interface NetworksArgs {
    /** Name of the Docker network that the database is on. It is looked up and joined, never owned. */
    databaseNetwork: pulumi.Input<string>;
    /** Name of the network that the host's proxy is on, if there is one. It is looked up and joined, too. */
    proxyNetwork?: pulumi.Input<string>;
    /** Name of the network on which Prometheus is, if it is another than the database's. It is looked up and joined, too. */
    metricsNetwork?: pulumi.Input<string>;
    /** What leads out of the sidecar's own network. A change replaces the network and both containers. */
    reach: Reach;
}

export interface Reach {
    /** Whether a container on it publishes a port of the host, which no internal network allows. */
    published: boolean;
    /** Whether its containers may connect to what is outside of it. */
    egress: boolean;
}

/**
 * The network's properties that keep its containers in, as far as a published port allows it. All are named in each case: the
 * provider takes one that is left out for unchanged.
 */
export function confinement({ published, egress }: Reach): Required<Pick<docker.NetworkArgs, "internal" | "options">> {
    const bridge = (option: string, value: string) => ({
        [`com.docker.network.bridge.${option}`]: value,
        // An engine may give each network IPv6 by default, and the bridge an address with it: by that, the host would be reached.
        "com.docker.network.enable_ipv6": "false",
    });
    if (egress) return { internal: false, options: bridge("enable_ip_masquerade", "true") };
    // Without an address for replies, nothing outside the host answers. What the host itself offers is still reached.
    if (published) return { internal: false, options: bridge("enable_ip_masquerade", "false") };
    // The bridge gets no address, so that not even the host is reached.
    return { internal: true, options: bridge("inhibit_ipv4", "true") };
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
    /** The exporters' network, if one was named. */
    readonly metrics?: FoundNetwork;

    constructor(name: string, args: NetworksArgs, opts?: pulumi.ComponentResourceOptions) {
        super("sidecar:index:Networks", name, {}, opts);
        const parent = this;
        const find = (network: pulumi.Input<string>): FoundNetwork => {
            const found = docker.getNetworkOutput({ name: network }, { parent });
            return { name: found.name, id: found.id };
        };

        this.database = find(args.databaseNetwork);
        if (args.proxyNetwork !== undefined) this.proxy = find(args.proxyNetwork);
        if (args.metricsNetwork !== undefined) this.metrics = find(args.metricsNetwork);
        this.sidecar = new docker.Network(name, { labels: labels(), ...confinement(args.reach) }, { parent }).name;

        this.registerOutputs({ sidecar: this.sidecar, database: this.database, proxy: this.proxy, metrics: this.metrics });
    }
}
