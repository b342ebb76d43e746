/** Names of the exporters. Several stacks may have theirs on one network, that of a Prometheus for all of them. */
export const metricsAliases = ({ pgbouncerAlias, stack }: { pgbouncerAlias: string; stack: string }) => ({
    pgbouncer: `${pgbouncerAlias}-metrics-${stack}`,
    postgres: `${pgbouncerAlias}-database-metrics-${stack}`,
});
