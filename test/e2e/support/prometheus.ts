import * as fs from "fs";
import * as path from "path";
import { packagedImage } from "../../../lab/packagedimage";
import { inLab, project } from "../../../lab/paths";
import { attempt, Ran, run, until } from "../../../lab/run";
import { Sidecar } from "./stack";

export interface Sample {
    metric: Record<string, string>;
    value: number;
}

export interface Alert {
    state: "pending" | "firing";
    labels: Record<string, string>;
    annotations: Record<string, string>;
    activeAt: string;
}

/** What a stack with metrics prints for its Prometheus. */
export interface MetricsOutputs {
    metricsNetwork: string;
    metricsScrape: string;
}

const rules = path.join(project, "observability/prometheus");

const prometheusImage = ({ lab }: Sidecar) =>
    packagedImage({ name: "prometheus", folder: path.join(project, "lab/images/prometheus"), registryPort: lab.registryPort });

/** Runs the tests of the alerts with Prometheus' own tool, and returns what it says. */
export async function testRules(on: Sidecar): Promise<Ran> {
    const image = await prometheusImage(on);
    return attempt("docker", ["run", "--rm", "--network", "none", "-v", `${rules}:/rules:ro`, "--entrypoint", "promtool", image, "test", "rules", "/rules/pg-sidecar.test.yml"]); // prettier-ignore
}

/** A real Prometheus (Debian's) in a container on the exporters' network, with the scrape config that the stack prints, and our alerts. */
export class Prometheus {
    private constructor(
        private readonly container: string,
        private readonly url: string,
    ) {}

    static async start(on: Sidecar, { metricsNetwork: network, metricsScrape: scrape }: MetricsOutputs): Promise<Prometheus> {
        const image = await prometheusImage(on);
        const folder = inLab("prometheus");
        fs.mkdirSync(folder, { recursive: true });
        fs.copyFileSync(path.join(rules, "pg-sidecar.rules.yml"), path.join(folder, "rules.yml"));
        const files = "rule_files: [rules.yml]\nscrape_config_files: [pg-sidecar-*.yml]\n";
        fs.writeFileSync(path.join(folder, "prometheus.yml"), `global: { scrape_interval: 2s, scrape_timeout: 2s, evaluation_interval: 2s }\n${files}`); // prettier-ignore
        // The stack asks for a scrape every 15 s: the tests would wait for it.
        fs.writeFileSync(path.join(folder, "pg-sidecar-local.yml"), scrape.replace(/scrape_interval: \w+/g, "scrape_interval: 2s"));
        const container = `prometheus-${on.lab.id}`;
        await attempt("docker", ["rm", "-f", container]);
        const limits = ["--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--user", "65534"];
        const options = ["--config.file=/etc/sidecar/prometheus.yml", "--storage.tsdb.path=/tmp/data", "--log.level=warn"];
        await run("docker", ["run", "-d", "--name", container, "--network", network, ...limits, "-v", `${folder}:/etc/sidecar:ro`, "--entrypoint", "prometheus", image, ...options]); // prettier-ignore
        const address = await run("docker", ["inspect", "-f", `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`, container]);
        const prometheus = new Prometheus(container, `http://${address.trim()}:9090/api/v1`);
        await until("Prometheus to answer", 30, () => prometheus.query("vector(1)").then(() => true));
        return prometheus;
    }

    private async get<T>(path: string): Promise<T> {
        const answer = (await (await fetch(`${this.url}${path}`)).json()) as { status: string; data: T; error?: string };
        if (answer.status !== "success") throw new Error(answer.error);
        return answer.data;
    }

    async query(expr: string): Promise<Sample[]> {
        const { result } = await this.get<{ result: { metric: Record<string, string>; value: [number, string] }[] }>(
            `/query?query=${encodeURIComponent(expr)}`,
        );
        return result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
    }

    /** Series over a time, in seconds since 1970, with so many between two values. */
    async range(
        expr: string,
        start: number,
        end: number,
        step: number,
    ): Promise<{ metric: Record<string, string>; values: [number, string][] }[]> {
        const { result } = await this.get<{ result: { metric: Record<string, string>; values: [number, string][] }[] }>(
            `/query_range?query=${encodeURIComponent(expr)}&start=${start}&end=${end}&step=${step}`,
        );
        return result;
    }

    /** The first sample's value; undefined if there is none. */
    async value(expr: string): Promise<number | undefined> {
        return (await this.query(expr))[0]?.value;
    }

    /** Names of all metrics that it has seen. */
    names(): Promise<string[]> {
        return this.get<string[]>("/label/__name__/values");
    }

    /** Names of the metrics that have no type. */
    async untyped(): Promise<string[]> {
        const known = Object.entries(await this.get<Record<string, { type: string }[]>>("/metadata"));
        return known.filter(([, all]) => all.some(({ type }) => type === "unknown")).map(([name]) => name);
    }

    async alerts(): Promise<Alert[]> {
        return (await this.get<{ alerts: Alert[] }>("/alerts")).alerts;
    }

    async stop(): Promise<void> {
        await attempt("docker", ["rm", "-f", this.container]);
    }
}
