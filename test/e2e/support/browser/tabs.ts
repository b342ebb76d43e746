import { Browser, Response } from "playwright-core";
import { run, until } from "../../../../lab/run";
import { sampleBackends, Sampled } from "../database";
import { removeConfig, setConfig, Stack } from "../stack";
import { beginAfresh, PgadminPage } from "./pgadmin";

/** What the tabs' queries came to. */
export interface Answers {
    queries: number;
    errors: string[];
}

/** Runs the script of each Query Tool tab again and again until `work` is done, and then to its end. */
export async function whileQuerying(pgadmin: PgadminPage, work: () => Promise<unknown>): Promise<Answers> {
    let queries = 0;
    const errors: string[] = [];
    const reads: Promise<void>[] = [];
    const read = async (response: Response) => {
        const body = await response.text();
        if (body.includes('"Success"')) queries += 1;
        else if (!body.includes('"Busy"')) errors.push(body.slice(0, 300));
    };
    const listen = (response: Response) => {
        if (response.url().includes("/sqleditor/poll/")) reads.push(read(response));
    };
    pgadmin.page.on("response", listen);
    let going = true;
    const working = work().finally(() => (going = false));
    while (going) {
        await pgadmin.executeAll();
        await pgadmin.page.waitForTimeout(100); // so that the page gets to show what came
    }
    await working;
    await until("every tab's query to end", 60, () => pgadmin.allIdle());
    pgadmin.page.off("response", listen);
    await Promise.all(reads); // with the page the answers would go
    return { queries, errors };
}

/** What became of tabs over changed settings. */
export interface Changed extends Sampled, Answers {
    /** The sessions that these tabs have at the pooler before the first change, and how many of them are there after the last. */
    sessions: number;
    kept: number;
    /** Pages that say that they lost the database. */
    warnings: number;
    /** When each size was in force, in seconds since the first sample. */
    sizes: [number, number][];
    /** Seconds of each `pulumi up`. */
    ups: number[];
}

/** Opens Query Tool tabs through the pool and has all of them query while `pulumi up` sets one `defaultPoolSize` after the other. */
export async function changeSettings(on: Stack, browser: Browser, tabs: number, poolSizes: number[]): Promise<Changed> {
    await beginAfresh(on.out);
    const earlier = await sessions(on); // pgAdmin ends those of a closed page in its own time
    const pgadmin = await PgadminPage.login(browser, on.out);
    await pgadmin.open(["Servers", "tracksolid_db (via pgbouncer)", "Databases", "tracksolid_db"], on.lab.databasePassword);
    for (let i = 0; i < tabs; i++) await (await pgadmin.queryTool()).write("SELECT pg_sleep(0.1)");
    const before = (await sessions(on)).filter((one) => !earlier.includes(one));
    const sampling = sampleBackends(on, on.out.pgbouncerContainer);
    const from = Date.now();
    const since = (start: number) => (Date.now() - start) / 1000;
    const sizes: [number, number][] = [];
    const ups: number[] = [];
    try {
        const answers = await whileQuerying(pgadmin, async () => {
            await pgadmin.page.waitForTimeout(3000);
            for (const size of poolSizes) {
                await setConfig(on, "defaultPoolSize", String(size));
                const start = Date.now();
                await on.up();
                ups.push(since(start));
                sizes.push([since(from), size]);
                await pgadmin.page.waitForTimeout(3000);
            }
        });
        const after = await sessions(on);
        const frames = pgadmin.page.frames().map((frame) => frame.getByText("Connection Warning").count());
        const warnings = (await Promise.all(frames)).reduce((sum, count) => sum + count, 0);
        const kept = before.filter((one) => after.includes(one)).length;
        return { ...(await sampling.stop()), ...answers, sessions: before.length, kept, warnings, sizes, ups };
    } finally {
        await sampling.stop(); // one that is left running ends the file that stops the database
        await pgadmin.page.close();
        await removeConfig(on, "defaultPoolSize");
        await on.up();
    }
}

/** pgAdmin's sessions at the pooler, each by its address and port: one that was replaced has another. */
async function sessions({ out }: Stack): Promise<string[]> {
    const network = `{{(index .NetworkSettings.Networks "${out.networks.sidecar}").IPAddress}}`;
    const address = (await run("docker", ["inspect", "-f", network, out.pgadminContainer])).trim();
    const listed = await run("docker", ["exec", out.pgbouncerContainer, "psql", "-h", "/tmp/pgbouncer", "-p", "6432", "-U", "pgbouncer", "-d", "pgbouncer", "-AtXc", "SHOW CLIENTS"]); // prettier-ignore
    return listed.split("\n").flatMap((line) => new RegExp(`\\|(${address}\\|\\d+)\\|`).exec(line)?.[1] ?? []);
}
