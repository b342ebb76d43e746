import * as fs from "fs";
import { Browser } from "playwright-core";
import { attachDirectly, beginAfresh, detach, directEntry, openBrowser, PgadminPage } from "./support/browser/pgadmin";
import { chart, proof } from "./support/proof";
import { Answers, changeSettings, whileQuerying } from "./support/browser/tabs";
import { longestPause, sampleBackends, Sampled } from "./support/database";
import { useStack } from "./support/stack";

/** More than the pool has backends. The docs have a run with TABS=30. */
const tabs = Number(process.env.TABS ?? 20);
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

interface Seen extends Sampled, Answers {
    /** Backends at the end, with every tab open and none querying. */
    idle: number;
}

/** Opens 30 Query Tool tabs on a server entry, runs `SELECT pg_sleep(0.1)` in all of them again and again, and samples the backends of the container it connects from. */
async function openTabs(entry: string, container: string): Promise<Seen> {
    const pgadmin = await PgadminPage.login(browser, on.out);
    await pgadmin.open(["Servers", entry, "Databases", "tracksolid_db"], on.lab.databasePassword);
    const sampling = sampleBackends(on, container);
    try {
        for (let i = 0; i < tabs; i++) await (await pgadmin.queryTool()).write("SELECT pg_sleep(0.1)");
        const answers = await whileQuerying(pgadmin, () => pgadmin.page.waitForTimeout(querying * 1000));
        const sampled = await sampling.stop();
        return { ...sampled, ...answers, idle: sampled.series.at(-1)![1] };
    } finally {
        await sampling.stop(); // one that is left running ends the file that stops the database
        await pgadmin.page.close();
    }
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
    fs.writeFileSync(proof("tabs.svg"), chart({ title: `Backends in pg_stat_activity while ${tabs} Query Tool tabs are opened and then query`, x: "seconds", y: "backends", curves, level })); // prettier-ignore
    fs.writeFileSync(proof("tabs.json"), JSON.stringify({ pooled, direct }));

    expect([...pooled.errors, ...direct.errors]).toEqual([]);
    expect(pooled.queries).toBeGreaterThan(tabs / 2); // on a slow host, not each of them answers within the time
    expect(direct.queries).toBeGreaterThan(tabs / 2);
    expect(pooled.most).toBeLessThanOrEqual(on.out.backendBudget / 2);
    expect(direct.most).toBeGreaterThanOrEqual(tabs);
    expect(direct.idle).toBeGreaterThanOrEqual(tabs);
    expect(seconds).toBeLessThan(5);
});

test("3 tabs keep their sessions over a changed setting", async () => {
    const { most, ...seen } = await changeSettings(on, browser, 3, [5]);
    console.log(`at most ${most} backends; ${JSON.stringify({ ...seen, series: undefined })}`);
    expect(seen).toMatchObject({ errors: [], warnings: 0, kept: seen.sessions });
    expect(seen.sessions).toBeGreaterThanOrEqual(3);
});
