/** Ports of the exporters, by their own defaults. */
export const exporterPorts = { pgbouncer: 9127, postgres: 9187 } as const;

/** What a Prometheus that discovers containers looks for. */
export const scraped = (port: number) => ({
    "prometheus.io/scrape": "true",
    "prometheus.io/port": String(port),
    "prometheus.io/path": "/metrics",
});

interface ScrapedStack {
    /** Names of the exporters on Prometheus' network. */
    aliases: Record<keyof typeof exporterPorts, string>;
    stack: string;
}

/**
 * A file for Prometheus' `scrape_config_files`. DNS has the exporters of both poolers in a roll, and of each process. A job's name
 * has to be unique in a Prometheus, so the stack is in it; in the series, the stack is a label of its own.
 */
export function scrapeConfig({ aliases, stack }: ScrapedStack): string {
    const job = (name: string, alias: string, port: number) => [
        `  - job_name: ${name}-${stack}`,
        "    dns_sd_configs:",
        `      - { names: [${alias}], type: A, port: ${port}, refresh_interval: 5s }`,
        "    relabel_configs:",
        `      - { target_label: job, replacement: ${name} }`,
        `      - { target_label: stack, replacement: "${stack}" }`,
    ];
    return [
        "scrape_configs:",
        ...job("pgbouncer", aliases.pgbouncer, exporterPorts.pgbouncer),
        ...job("pg-sidecar", aliases.postgres, exporterPorts.postgres),
        "",
    ].join("\n");
}
