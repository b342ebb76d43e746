import { load } from "js-yaml";
import { scrapeConfig } from "../../../../components/metrics/scrape";

test("with ports of the host, the scrape config is for a Prometheus there", () => {
    const aliases = { pgbouncer: "p-metrics", postgres: "p-database-metrics" };
    const { scrape_configs: jobs } = load(scrapeConfig({ aliases, hostPorts: [9187, 9188, 9189], stack: "stage" })) as {
        scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[];
    };
    expect(jobs.map(({ job_name: job, static_configs: [found] }) => [job, found!.targets])).toEqual([
        ["pgbouncer-stage", ["127.0.0.1:9188", "127.0.0.1:9189"]],
        ["pg-sidecar-stage", ["127.0.0.1:9187"]],
    ]);
});

test("the scrape config finds the exporters by their names", () => {
    const aliases = { pgbouncer: "p-metrics", postgres: "p-database-metrics" };
    const { scrape_configs: jobs } = load(scrapeConfig({ aliases, stack: "stage" })) as {
        scrape_configs: {
            job_name: string;
            scrape_interval: string;
            dns_sd_configs: { names: string[]; port: number }[];
            relabel_configs: { target_label: string; replacement: string }[];
        }[];
    };
    expect(jobs.map(({ job_name: job, dns_sd_configs: [found] }) => [job, found!.names, found!.port])).toEqual([
        ["pgbouncer-stage", ["p-metrics"], 9127],
        ["pg-sidecar-stage", ["p-database-metrics"], 9187],
    ]);
    expect(jobs.map((job) => job.scrape_interval)).toEqual(["15s", "15s"]);
    const labels = jobs.map(({ relabel_configs: all }) => all.map((one) => [one.target_label, one.replacement]));
    expect(labels).toEqual([
        [
            ["job", "pgbouncer"],
            ["stack", "stage"],
        ],
        [
            ["job", "pg-sidecar"],
            ["stack", "stage"],
        ],
    ]);
});
