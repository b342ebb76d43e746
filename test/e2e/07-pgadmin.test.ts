import { Browser } from "playwright-core";
import { inLab } from "../../lab/paths";
import { beginAfresh, directEntry, openBrowser, PgadminPage } from "./support/browser/pgadmin";
import { QueryTool } from "./support/browser/querytool";
import { proof, recordFault } from "./support/proof";
import { attempt, run, until } from "../../lab/run";
import { psql } from "./support/clients";
import { direct, longestPause } from "./support/database";
import { removeConfig, setConfig, useStack } from "./support/stack";
import { pause } from "../proof/reconnecting";

// What of pgAdmin works through the pool and what doesn't: a row of docs/CONNECTIONS.md each. Where something doesn't, the
// test fails on the day it does.

const on = useStack("07-pgadmin");
let browser: Browser;
let pgadmin: PgadminPage;

const database = ["Databases", "tracksolid_db"];

beforeAll(async () => {
    await beginAfresh(on.out);
    await direct(
        on,
        `CREATE TABLE public.pgadmin_test (id int PRIMARY KEY, name text); INSERT INTO pgadmin_test VALUES (1, 'one');
         CREATE VIEW public.pgadmin_test_view AS SELECT name FROM public.pgadmin_test`,
    );
    browser = await openBrowser();
    pgadmin = await PgadminPage.login(browser, on.out, (page) => page.screenshot({ path: proof("login.png") }));
    await pgadmin.open(["Servers", "tracksolid_db (via pgbouncer)", ...database], on.lab.databasePassword);
});

afterEach(() => pgadmin?.page.screenshot({ path: inLab("log", "07-pgadmin.png") }).catch(() => undefined)); // what a test that fails was looking at
afterAll(async () => {
    await browser?.close();
    await direct(on, "DROP TABLE IF EXISTS public.pgadmin_test CASCADE");
});

/** The backend that runs this text at the moment, if one does. */
const running = async (text: string) =>
    (await direct<{ pid: number }>(on, `SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query = '${text}'`))[0]?.pid;

const rowsOfTest = () => direct(on, "SELECT id, name FROM public.pgadmin_test ORDER BY id");

test("the pre-registered server connects with the postgres password, and its database is in the tree", async () => {
    await pgadmin.node("Schemas").waitFor();
    await pgadmin.page.screenshot({ path: proof("tree.png") });
});

test("the dashboard is live, and its list of sessions cancels a query", async () => {
    const sleeper = psql(on, on.out, "tracksolid_db", "SELECT pg_sleep(55)");
    const pid = await until("the query", 10, () => running("SELECT pg_sleep(55)"));
    await pgadmin.page.waitForResponse((response) => response.url().includes("/dashboard/dashboard_stats/") && response.ok());
    await pgadmin.page.getByRole("tab", { name: "State" }).click();
    await pgadmin.page.getByPlaceholder("Search").first().fill(String(pid));
    const cancel = pgadmin.page.locator('button[data-label="Cancel the active query"]');
    await until("the one row", 10, async () => (await cancel.count()) === 1);
    await cancel.click();
    await pgadmin.page.locator(".MuiDialog-root").getByText("Yes", { exact: true }).click();
    expect((await sleeper).stderr).toContain("canceling statement due to user request");
});

describe("the Query Tool", () => {
    let tool: QueryTool;
    beforeAll(async () => {
        tool = await pgadmin.queryTool();
    });

    test("shows a query's rows", async () => {
        expect(await tool.run("SELECT now(), current_user")).toMatchObject({ result: [[expect.any(String), "postgres"]] });
        await tool.frame.getByRole("gridcell", { name: "postgres", exact: true }).waitFor();
        await pgadmin.page.screenshot({ path: proof("query.png") });
        expect((await tool.cells()).at(-1)).toBe("postgres");
    });

    test("EXPLAIN draws the plan, with and without ANALYZE", async () => {
        for (const label of ["Explain", "Explain Analyze"]) {
            await tool.write("SELECT * FROM public.pgadmin_test_view");
            await Promise.all([tool.press(label), tool.ended()]);
            await tool.frame.getByText("pgadmin_test", { exact: true }).first().waitFor();
        }
    });

    test("what a run SETs is there in that run, and gone in the next", async () => {
        expect(await tool.run("SET work_mem = '99MB'; SHOW work_mem")).toEqual({ result: [["99MB"]] });
        expect(await tool.run("SHOW work_mem")).toEqual({ result: [["4MB"]] });
    });

    test("what ALTER ROLE sets holds in every run", async () => {
        await direct(on, "ALTER ROLE postgres SET client_min_messages = warning");
        try {
            expect((await psql(on, on.out, "pgbouncer", "RECONNECT")).code).toBe(0); // backends log in again
            for (let times = 0; times < 2; times++) expect(await tool.run("SHOW client_min_messages")).toEqual({ result: [["warning"]] });
        } finally {
            await direct(on, "ALTER ROLE postgres RESET client_min_messages");
            await psql(on, on.out, "pgbouncer", "RECONNECT");
        }
    });

    test("a temporary table and a prepared statement are there in their run, and gone in the next", async () => {
        expect(await tool.run("CREATE TEMP TABLE t AS SELECT 1 AS n; PREPARE p AS SELECT n FROM t; EXECUTE p")).toEqual({ result: [[1]] });
        expect((await tool.run("EXECUTE p")).error).toContain('prepared statement "p" does not exist');
        expect((await tool.run("SELECT * FROM t")).error).toContain('relation "t" does not exist');
    });

    test("LISTEN hears nothing that is notified later", async () => {
        await tool.run("LISTEN news");
        await direct(on, "NOTIFY news, 'unheard'");
        await tool.run("SELECT 1");
        expect(await tool.shown("Notifications")).not.toContain("unheard");
        await tool.shown("Data Output");
    });

    test("with auto-commit off a transaction lasts from run to run, holds one backend, and commits", async () => {
        await tool.option("Auto commit?");
        await tool.run("INSERT INTO public.pgadmin_test VALUES (2, 'two')");
        await tool.run("SET work_mem = '99MB'");
        expect(await tool.run("SHOW work_mem")).toEqual({ result: [["99MB"]] });
        expect(await rowsOfTest()).toHaveLength(1);
        const idle = await direct(on, "SELECT 1 FROM pg_stat_activity WHERE state = 'idle in transaction'");
        expect(idle).toHaveLength(1);
        await Promise.all([tool.press("Commit"), tool.ended()]);
        await tool.option("Auto commit?");
        expect(await rowsOfTest()).toHaveLength(2);
    });

    test("100,000 sorted rows come, and a cursor inside a transaction works", async () => {
        expect((await tool.run("SELECT n FROM generate_series(1, 100000) AS n ORDER BY n DESC")).result?.[0]).toEqual([100000]);
        const cursor = "DECLARE c CURSOR FOR SELECT n FROM generate_series(1, 100000) AS n ORDER BY n DESC; FETCH 1 FROM c";
        expect(await tool.run(`BEGIN; ${cursor}; COMMIT`)).toEqual({ result: "COMMIT" });
        expect((await tool.run("FETCH 1 FROM c")).error).toContain('cursor "c" does not exist');
    });

    test('"Use server cursor?" shows rows, and holds a backend until Commit or Rollback', async () => {
        await tool.option("Use server cursor?");
        const { result } = await tool.run("SELECT n FROM generate_series(1, 5000) AS n");
        expect([result?.[0], result?.length]).toEqual([[1], 1000]); // a page
        expect(await direct(on, "SELECT 1 FROM pg_stat_activity WHERE state = 'idle in transaction'")).toHaveLength(1);
        await Promise.all([tool.press("Commit"), tool.ended()]);
        expect(await direct(on, "SELECT 1 FROM pg_stat_activity WHERE state = 'idle in transaction'")).toHaveLength(0);
        await tool.option("Use server cursor?");
        expect(await tool.run("SELECT 1")).toEqual({ result: [[1]] });
    });

    test("the Stop button stops the query, and the tab stays usable", async () => {
        const seconds: number[] = [];
        for (let times = 0; times < 3; times++) {
            await tool.start("SELECT pg_sleep(30)");
            await until("the query", 10, () => running("SELECT pg_sleep(30)"));
            const ended = tool.ended();
            const from = Date.now();
            await tool.press("Cancel query");
            await until("the query to be gone", 10, async () => (await running("SELECT pg_sleep(30)")) === undefined);
            seconds.push((Date.now() - from) / 1000);
            expect((await ended).error).toMatch(/cancel/i);
            if (times === 0) await pgadmin.page.screenshot({ path: proof("stop.png") });
            expect(await tool.run("SELECT 1")).toEqual({ result: [[1]] });
        }
        console.log(`a query is gone ${seconds.map((each) => each.toFixed(2)).join(", ")} s after Stop is pressed`);
    });

    test("Stop drops a query that waits for a backend, and the tab stays usable", async () => {
        const most = on.out.backendBudget / 2;
        const busy = Array.from({ length: most }, () => psql(on, on.out, "tracksolid_db", "SELECT pg_sleep(300)"));
        const over = Promise.all(busy).then(() => true);
        const asleep = "FROM pg_stat_activity WHERE state = 'active' AND query = 'SELECT pg_sleep(300)'";
        const waits = async () => {
            const console = ["psql", "-h", "/tmp/pgbouncer", "-p", "6432", "-U", "pgbouncer", "-d", "pgbouncer", "-AtXc", "SHOW CLIENTS"];
            return /\|waiting\|.*CONN:/.test(await run("docker", ["exec", on.out.pgbouncerContainer, ...console]));
        };
        try {
            const count = await until("a full pool", 60, async () => {
                const all = (await direct(on, `SELECT 1 ${asleep}`)).length;
                return all >= 15 && all;
            });
            expect(count).toBeLessThanOrEqual(most);
            await tool.start("INSERT INTO public.pgadmin_test VALUES (3, 'stopped')");
            await until("the tab to wait", 30, waits);
            const ended = tool.ended();
            await tool.press("Cancel query");
            await pause(8); // after 2 s its session ends; pgbouncer reads nothing of a client that waits, and sees it with a backend alone
            await direct(on, `SELECT pg_cancel_backend(pid) ${asleep}`);
            expect(await ended).toEqual({ error: "The query was stopped while it waited for a backend." });
        } finally {
            // Whoever of them waited has a backend once another's query is cancelled.
            await until("the others to end", 60, async () => {
                await direct(on, `SELECT pg_cancel_backend(pid) ${asleep}`);
                return Promise.race([over, pause(0.5).then(() => false)]);
            });
        }
        expect(await tool.run("SELECT 1")).toEqual({ result: [[1]] });
        expect((await rowsOfTest()).map(({ id }) => id)).not.toContain(3);
    });

    test("after a restart of the pooler, an idle tab continues without a question, and keeps its time zone", async () => {
        await tool.run("SET TimeZone = 'Asia/Tokyo'");
        await run("docker", ["restart", on.out.pgbouncerContainer]);
        await until("the pool", 45, on.pooledAnswers);
        expect(await tool.run("SHOW TimeZone")).toEqual({ result: [["Asia/Tokyo"]] });
        expect(await tool.frame.getByText("Connection Warning").count()).toBe(0);
    });

    test("a transaction that the pooler's restart ended is not hidden: the page asks", async () => {
        await tool.run("BEGIN; INSERT INTO public.pgadmin_test VALUES (4, 'lost')");
        await run("docker", ["restart", "-t", "1", on.out.pgbouncerContainer]);
        await until("the pool", 45, on.pooledAnswers);
        await tool.start("INSERT INTO public.pgadmin_test VALUES (5, 'after')");
        await tool.frame.getByText("Connection Warning").first().waitFor();
        await tool.frame
            .locator("button", { hasText: /^Cancel$/ })
            .last()
            .click();
        expect((await rowsOfTest()).map(({ id }) => id)).toEqual([1, 2]);
    });
});

test("View/Edit Data shows a table, and an edited cell is saved", async () => {
    await pgadmin.open(["Schemas", "public", "Tables", "pgadmin_test"], "");
    const data = await pgadmin.allRows();
    const cell = data.frame.getByRole("gridcell", { name: "one", exact: true });
    await cell.dblclick();
    await pgadmin.page.keyboard.press("ControlOrMeta+A");
    await pgadmin.page.keyboard.insertText("edited");
    await pgadmin.page.keyboard.press("Enter");
    await Promise.all([
        data.press("Save Data Changes"),
        pgadmin.page.waitForResponse((response) => response.url().includes("/sqleditor/save/")),
    ]);
    expect(await rowsOfTest()).toContainEqual({ id: 1, name: "edited" });
});

test("Backup (pg_dump) comes through, but without what it sets beforehand: its search_path is public, not empty", async () => {
    const dump = async (host: string, port: string, from: string) => {
        const { code, stdout, stderr } = await attempt("docker", ["exec", "-e", `PGPASSWORD=${on.lab.databasePassword}`, from, "pg_dump", "-h", host, "-p", port, "-U", "postgres", "-d", "tracksolid_db", "--schema-only"]); // prettier-ignore
        if (code !== 0) throw new Error(stderr);
        return {
            path: /set_config\('search_path', '(.*?)'/.exec(stdout)![1],
            view: /CREATE VIEW public.pgadmin_test_view [^;]+;/.exec(stdout)![0],
        };
    };
    const directly = await dump("127.0.0.1", "5432", on.lab.databaseContainer);
    const pooled = await dump("pgbouncer", "6432", on.out.pgadminContainer);
    expect(directly).toEqual({ path: "", view: expect.stringContaining("FROM public.pgadmin_test;") });
    expect(pooled).toEqual({ path: "public", view: expect.stringContaining("FROM pgadmin_test;") });
    // And, in strict mode, the next client has nothing of it.
    expect((await psql(on, on.out, "tracksolid_db", "SHOW search_path")).stdout).toBe('"$user", public\n');
});

test("pgAdmin killed (kill -9) in the middle of a query comes back; the query runs on to its end", async () => {
    const started = new Date();
    const tool = await pgadmin.queryTool();
    await tool.start("SELECT pg_sleep(20)");
    await until("the query", 10, () => running("SELECT pg_sleep(20)"));
    await run("docker", ["exec", on.out.pgadminContainer, "/venv/bin/python3", "-c", "import os, signal; [os.kill(int(p), signal.SIGKILL) for p in os.listdir('/proc') if p.isdigit() and p not in ('1', str(os.getpid()))]"]).catch(() => undefined); // prettier-ignore
    const from = Date.now();
    const seconds = () => `${((Date.now() - from) / 1000).toFixed(1)} s`;
    await until("pgAdmin to answer", 90, async () => (await fetch(`${on.out.pgadminUrl}/misc/ping`)).ok);
    const back = seconds();
    await until("the query to be gone", 30, async () => (await running("SELECT pg_sleep(20)")) === undefined);
    const gone = seconds();
    const before = on.out.pgadminContainer;
    await on.up();
    expect(on.out.pgadminContainer).toBe(before);
    recordFault("pgAdmin killed (kill -9) in the middle of a query", `the page says it lost its server; pgAdmin answers again after ${back}, by itself; the query (20 s of pg_sleep) continued in the database and was gone after ${gone}`, (await longestPause(on, started)).seconds); // prettier-ignore
    expect(Number.parseFloat(back)).toBeLessThan(60);
});

test("with pgadminDirect there is a direct entry, on which SET lasts and the Stop button stops; without it, it goes again", async () => {
    await setConfig(on, "pgadminDirect", "true");
    try {
        await on.up();
        const page = await PgadminPage.login(browser, on.out);
        await page.open(["Servers", directEntry, ...database], on.lab.databasePassword);
        const tool = await page.queryTool();
        await tool.run("SET work_mem = '99MB'");
        expect(await tool.run("SHOW work_mem")).toEqual({ result: [["99MB"]] });
        await tool.start("SELECT pg_sleep(30)");
        await until("the query", 10, () => running("SELECT pg_sleep(30)"));
        const ended = tool.ended();
        await tool.press("Cancel query");
        expect((await ended).error).toMatch(/cancel|stopped/i); // "stopped" if it is not over in 2 s (config_local.py)
        await page.page.close();
    } finally {
        await removeConfig(on, "pgadminDirect");
        await on.up();
    }
    const page = await PgadminPage.login(browser, on.out);
    await page.open(["Servers"], "");
    await page.node("tracksolid_db (via pgbouncer)").waitFor();
    expect(await page.node(directEntry).count()).toBe(0);
});
