/** Logical names of the stack's components and of their main resources: Pulumi knows them by these, so they must not change. */
export const resourceNames = {
    networks: "pg-sidecar",
    /** Also of the authentication, the pooler's image and its container, whose name on the host begins with it. */
    pooler: "pgbouncer",
    pgadmin: "pgadmin",
} as const;
