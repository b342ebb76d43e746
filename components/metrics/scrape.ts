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
    /** Ports of the host that lead to them: the database's first, then that of each process; none by default. */
    hostPorts?: number[];
    stack: string;
}

/**
 * A file for Prometheus' `scrape_config_files`. With ports of the host, it is for a Prometheus on that host. Otherwise, DNS has the
 * exporters of both poolers in a roll, and of each process. A job's name has to be unique in a Prometheus, so the stack is in it; in the series, the stack is a label of its own.
 */
export function scrapeConfig({ aliases, hostPorts = [], stack }: ScrapedStack): string {
    const [databasePort, ...poolerPorts] = hostPorts;
    const byName = (alias: string, port: number) => [
        "    dns_sd_configs:",
        `      - { names: [${alias}], type: A, port: ${port}, refresh_interval: 5s }`,
    ];
    const byPort = (ports: number[]) => [
        "    static_configs:",
        `      - { targets: [${ports.map((port) => `"127.0.0.1:${port}"`).join(", ")}] }`,
    ];
    const job = (name: string, found: string[]) => [
        `  - job_name: ${name}-${stack}`,
        "    scrape_interval: 15s", // the alerts need one a minute, and Prometheus' own may be longer
        ...found,
        "    relabel_configs:",
        `      - { target_label: job, replacement: ${name} }`,
        `      - { target_label: stack, replacement: "${stack}" }`,
    ];
    return [
        "scrape_configs:",
        ...job("pgbouncer", databasePort ? byPort(poolerPorts) : byName(aliases.pgbouncer, exporterPorts.pgbouncer)),
        ...job("pg-sidecar", databasePort ? byPort([databasePort]) : byName(aliases.postgres, exporterPorts.postgres)),
        "",
    ].join("\n");
}
