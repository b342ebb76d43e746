import * as pulumi from "@pulumi/pulumi";

/** Label that says which stack a container or network belongs to. */
export const stackLabel = "pg-sidecar.stack";

/** Label with the id of the database's network. It changes when another network takes the name (a redeploy). */
export const databaseNetworkLabel = "pg-sidecar.database-network";

/** The same for the proxy's network. */
export const proxyNetworkLabel = "pg-sidecar.proxy-network";

/** Label with what only another container of the pooler takes (rollKey). */
export const poolerLabel = "pg-sidecar.pooler";

/** The owner of what this stack creates: `project/stack`. */
export function owner(): string {
    return `${pulumi.getProject()}/${pulumi.getStack()}`;
}

/** The labels of everything that this stack creates on the Docker host. */
export function labels(more: Record<string, pulumi.Input<string>> = {}): { label: string; value: pulumi.Input<string> }[] {
    return Object.entries({ [stackLabel]: owner(), ...more }).map(([label, value]) => ({ label, value }));
}
