import * as pulumi from "@pulumi/pulumi";

/** Label that says which stack a container or network belongs to. */
export const stackLabel = "pg-sidecar.stack";

/** Label that carries the id of the database's network: another network under the same name (a redeploy) is a change by it. */
export const databaseNetworkLabel = "pg-sidecar.database-network";

/** The same of the proxy's network. */
export const proxyNetworkLabel = "pg-sidecar.proxy-network";

/** Who owns what this stack makes, as one word: `project/stack`. */
export function owner(): string {
    return `${pulumi.getProject()}/${pulumi.getStack()}`;
}

/** The labels of everything that this stack makes on the Docker host. */
export function labels(more: Record<string, pulumi.Input<string>> = {}): { label: string; value: pulumi.Input<string> }[] {
    return Object.entries({ [stackLabel]: owner(), ...more }).map(([label, value]) => ({ label, value }));
}
