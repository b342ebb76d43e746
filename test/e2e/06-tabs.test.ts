import * as fs from "fs";
import { Browser, Response } from "playwright-core";
import { attachDirectly, beginAfresh, detach, directEntry, openBrowser, PgadminPage } from "./support/browser/pgadmin";
import { chart, proof } from "./support/proof";
import { until } from "../../lab/run";
import { longestPause, sampleBackends, Sampled } from "./support/database";
import { useStack } from "./support/stack";

const tabs = 30;
/** Seconds for which all tabs query. */
const querying = 8;

const on = useStack("06-tabs");
let browser: Browser;

beforeAll(async () => {
    await beginAfresh(on.out);
    browser = await openBrowser();
});

afterAll(async () => {
    await browser?.close();
    await detach(on, on.out);
});

interface Seen extends Sampled {
    queries: number;
    errors: string[];
    /** Backends at the end, with every tab open and none querying. */
    idle: number;
}

/** Opens 30 Query Tool tabs on a server entry, runs `SELECT pg_sleep(0.1)` in all of them again and again, and samples the backends of the container it connects from. */
async function openTabs(entry: string, container: string): Promise<Seen> {
    const pgadmin = await PgadminPage.login(browser, on.out);
    await pgadmin.open(["Servers", entry, "Databases", "tracksolid_db"], on.lab.databasePassword);
    const sampling = sampleBackends(on, container);
    try {
        const answers = await queryInTabs(pgadmin);
        const sampled = await sampling.stop();
        return { ...sampled, ...answers, idle: sampled.series.at(-1)![1] };
    } finally {
        await sampling.stop(); // one that is left running ends the file that stops the database
        await pgadmin.page.close();
    }
}

async function queryInTabs(pgadmin: PgadminPage): Promise<Pick<Seen, "queries" | "errors">> {
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
    for (let i = 0; i < tabs; i++) await (await pgadmin.queryTool()).write("SELECT pg_sleep(0.1)");
    const from = Date.now();
    while (Date.now() - from < querying * 1000) {
        await pgadmin.executeAll();
        await pgadmin.page.waitForTimeout(100); // so that the page gets to show what came
    }
    await until("every tab's query to end", 30, () => pgadmin.allIdle());
    pgadmin.page.off("response", listen);
    await Promise.all(reads); // with the page the answers would go
    return { queries, errors };
}

test(`${tabs} Query Tool tabs share the pool, where each holds a connection of its own when it goes directly`, async () => {
    const started = new Date();
    const pooled = await openTabs("tracksolid_db (via pgbouncer)", on.out.pgbouncerContainer);
    await attachDirectly(on.out);
    const direct = await openTabs(directEntry, on.out.pgadminContainer);
    const { seconds } = await longestPause(on, started);

    const say = ({ most, idle, queries, samples }: Seen) =>
        `at most ${most} backends, ${idle} when idle, ${queries} queries, ${samples} samples`;
    console.log(`${tabs} tabs through the pool: ${say(pooled)}\n${tabs} tabs directly: ${say(direct)}\nthe writer's longest pause: ${seconds.toFixed(2)} s`); // prettier-ignore
    const curves = [
        { name: `${tabs} tabs directly (at most ${direct.most})`, color: "#c0392b", points: direct.series },
        { name: `${tabs} tabs through the pool (at most ${pooled.most})`, color: "#1f77b4", points: pooled.series },
    ];
    const level = { name: "what PostgreSQL's 100 leave beside 3 reserved and 60 for the pipelines", value: 37 };
    fs.writeFileSync(proof("tabs.svg"), chart({ title: "Backends in pg_stat_activity while 30 Query Tool tabs are opened and then query", x: "seconds", y: "backends", curves, level })); // prettier-ignore
    fs.writeFileSync(proof("tabs.json"), JSON.stringify({ pooled, direct }));

    expect([...pooled.errors, ...direct.errors]).toEqual([]);
    expect(pooled.queries).toBeGreaterThan(tabs);
    expect(direct.queries).toBeGreaterThan(tabs);
    expect(pooled.most).toBeLessThanOrEqual(on.out.backendBudget / 2);
    expect(direct.most).toBeGreaterThanOrEqual(tabs);
    expect(direct.idle).toBeGreaterThanOrEqual(tabs);
    expect(seconds).toBeLessThan(2);
}, 480_000);
