import { load } from "js-yaml";
import { scrapeConfig } from "../../../../components/metrics/scrape";

test("the scrape config finds the exporters by their names", () => {
    const aliases = { pgbouncer: "p-metrics", postgres: "p-database-metrics" };
    const { scrape_configs: jobs } = load(scrapeConfig({ aliases, stack: "stage" })) as {
        scrape_configs: {
            job_name: string;
            dns_sd_configs: { names: string[]; port: number }[];
            relabel_configs: { target_label: string; replacement: string }[];
        }[];
    };
    expect(jobs.map(({ job_name: job, dns_sd_configs: [found] }) => [job, found!.names, found!.port])).toEqual([
        ["pgbouncer-stage", ["p-metrics"], 9127],
        ["pg-sidecar-stage", ["p-database-metrics"], 9187],
    ]);
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
