import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { labels } from "./labels";

export interface NetworksArgs {
    /** Name of the Docker network that the database is on. It is looked up and joined, never owned. */
    databaseNetwork: pulumi.Input<string>;
}

/** The sidecar's own network, and the database's existing one. pgbouncer stands on both, pgAdmin on the first alone. */
export class Networks extends pulumi.ComponentResource {
    /** Name of the sidecar's own network. */
    readonly sidecar: pulumi.Output<string>;
    /** Name of the database's network. */
    readonly database: pulumi.Output<string>;
    /** Id of the database's network: another one under the same name (a redeploy) has to be joined anew. */
    readonly databaseId: pulumi.Output<string>;

    constructor(name: string, args: NetworksArgs, opts?: pulumi.ComponentResourceOptions) {
        super("sidecar:index:Networks", name, {}, opts);

        const found = docker.getNetworkOutput({ name: args.databaseNetwork }, { parent: this });
        this.database = found.name;
        this.databaseId = found.id;

        const own = new docker.Network(name, { labels: labels() }, { parent: this });
        this.sidecar = own.name;

        this.registerOutputs({ sidecar: this.sidecar, database: this.database, databaseId: this.databaseId });
    }
}
