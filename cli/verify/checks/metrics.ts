import { exporterPorts } from "../../../components/metrics/scrape";
import { resourceNames } from "../../../components/names";
import { ContainerFacts, engineLimits } from "../../../host/containers";
import { exec } from "../../../host/exec";
import { runTasks } from "../../../host/tasks";
import { Check, failed, ok, Outcome, skipped } from "../check";
import { findExporters } from "../containers";
import { reason, words } from "../sessions";
import { Target } from "../target";
import { judgeConfinement } from "./containers";

/** What an exporter says when it is scraped. */
export interface Scrape {
    name: string;
    /** Whether what it asks has answered, all of it; undefined if it does not say. */
    up?: boolean;
    series: number;
    /** Why it did not answer. */
    refused?: string;
}

/** What the exporter in a container of this name asks. */
const askedBy = (name: string): keyof typeof exporterPorts =>
    name.startsWith(`${resourceNames.metrics}-database-`) ? "postgres" : "pgbouncer";

/** Reads what an exporter answers, in Prometheus' text format. */
export function parseScrape(name: string, text: string): Scrape {
    const up = /^(?:pgbouncer_up|pg_up)(?:{[^}]*})? (\d)/m.exec(text)?.[1];
    const failing = /^pg_exporter_last_scrape_error(?:{[^}]*})? 1/m.test(text); // one of its queries
    const series = text.split("\n").filter((line) => line !== "" && !line.startsWith("#")).length;
    return { name, series, ...(up === undefined ? {} : { up: up === "1" && !failing }) };
}

/** Whether each of the pooler's processes and the database have an exporter that reaches them. */
export function judgeScrapes(
    scrapes: Scrape[],
    {
        deployed: { processes },
        upCommand: up,
        dockerCommand,
    }: Pick<Target, "upCommand" | "dockerCommand"> & { deployed: Pick<Target["deployed"], "processes"> },
): Outcome {
    const consoles = scrapes.filter(({ name }) => askedBy(name) === "pgbouncer").length;
    const databases = scrapes.length - consoles;
    if (consoles !== processes || databases !== 1) {
        return failed(
            `${consoles} exporters for ${processes} processes of the pooler run, and ${databases} for the database`,
            `${up} --refresh`,
        );
    }
    for (const { name, up: reaches, refused } of scrapes) {
        if (refused !== undefined) return failed(`${name} does not answer: ${refused}`, `${dockerCommand} restart ${words(name)}`);
        if (reaches === true) continue;
        const what = askedBy(name) === "postgres" ? "the database" : "the pooler's console";
        return failed(`${name} answers, but not for ${what}`, `${dockerCommand} logs --tail 20 ${words(name)}   (it says why)`);
    }
    const saw = scrapes.map(({ name, series }) => `${name} has ${series} series`);
    return ok(saw.sort().join("; ")); // the pooler's first, whichever was made last
}

async function scrape({ docker }: Target, { name }: ContainerFacts): Promise<Scrape> {
    // busybox is in the official images and in the lab's.
    const command = ["busybox", "wget", "-q", "-T", "10", "-O", "-", `http://127.0.0.1:${exporterPorts[askedBy(name)]}/metrics`];
    const ran = await exec(docker, name, command, { timeout: 20_000 });
    return ran.code === 0 ? parseScrape(name, ran.stdout) : { name, series: 0, refused: reason(ran) };
}

export const metricsChecks: Check[] = [
    {
        id: "exporters",
        proves: "each exporter is confined, answers, and reaches what it asks",
        run: async (target) => {
            if (!target.deployed.metrics) return skipped("metrics is false");
            const running = (await findExporters(target)).filter((one) => one.running);
            const confined = judgeConfinement(running, await engineLimits(target.docker), target.upCommand);
            if (confined.result === "failed") return confined;
            const scrapes = running.map((one) => () => scrape(target, one));
            return judgeScrapes(await runTasks(target.docker, scrapes), target);
        },
    },
];
