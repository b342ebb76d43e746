/** Logical names of the stack's components and of their main resources: Pulumi knows them by these, so they must not change. */
export const resourceNames = {
    networks: "pg-sidecar",
    /** Also of the authentication, the pooler's image and its container, whose name on the host begins with it. */
    pooler: "pgbouncer",
    pgadmin: "pgadmin",
    pgadminRole: "pgadmin-role",
    metrics: "metrics",
} as const;

/** Folder of the files that a container gets by its command. It is in /tmp, a tmpfs that all may write. */
export const filesDir = "/tmp/pg-sidecar";
