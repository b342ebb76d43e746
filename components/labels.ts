import * as pulumi from "@pulumi/pulumi";

/** Label that says which stack a container or network belongs to. */
export const stackLabel = "pg-sidecar.stack";

/** Label with the id of the database's network. It changes when another network takes the name (a redeploy). */
export const databaseNetworkLabel = "pg-sidecar.database-network";

/** The same for the proxy's network. */
export const proxyNetworkLabel = "pg-sidecar.proxy-network";

/** The same for the network on which Prometheus finds the exporters. */
export const metricsNetworkLabel = "pg-sidecar.metrics-network";

/** Label with what only another container of the pooler takes (rollKey). */
export const poolerLabel = "pg-sidecar.pooler";

/** Label of a volume of secrets. It changes with them, so that others get another volume. */
export const secretsLabel = "pg-sidecar.secrets";

/** The owner of what this stack creates: `project/stack`. */
export function owner(): string {
    return `${pulumi.getProject()}/${pulumi.getStack()}`;
}

/** The labels of everything that this stack creates on the Docker host. */
export function labels(more: Record<string, pulumi.Input<string>> = {}): { label: string; value: pulumi.Input<string> }[] {
    return Object.entries({ [stackLabel]: owner(), ...more }).map(([label, value]) => ({ label, value }));
}
