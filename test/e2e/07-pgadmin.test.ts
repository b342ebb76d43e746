import { Browser } from "playwright-core";
import { inLab } from "../../lab/paths";
import { beginAfresh, directEntry, openBrowser, PgadminPage } from "./support/browser/pgadmin";
import { QueryTool } from "./support/browser/querytool";
import { proof, recordFault } from "./support/proof";
import { attempt, run, until } from "../../lab/run";
import { psql } from "./support/clients";
import { direct, longestPause } from "./support/database";
import { removeConfig, setConfig, useStack } from "./support/stack";

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

afterEach(() => pgadmin?.page.screenshot({ path: inLab("log", "07-pgadmin.png") })); // what a test that fails was looking at
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
        expect(await tool.run("SHOW client_min_messages")).toEqual({ result: [["notice"]] });
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

    test('"Use server cursor?" shows nothing, as it does directly, and leaves an aborted transaction behind', async () => {
        await tool.option("Use server cursor?");
        expect(await tool.run("SELECT 1")).toEqual({ result: "" });
        expect(await direct(on, "SELECT 1 FROM pg_stat_activity WHERE state = 'idle in transaction (aborted)'")).toHaveLength(1);
        await Promise.all([tool.press("Rollback"), tool.ended()]);
        await tool.option("Use server cursor?");
        expect(await tool.run("SELECT 1")).toEqual({ result: [[1]] });
    });

    test("the Stop button does nothing: the query runs on to its end", async () => {
        await tool.start("SELECT pg_sleep(6)");
        await until("the query", 10, () => running("SELECT pg_sleep(6)"));
        const ended = tool.ended();
        await Promise.all([
            tool.press("Cancel query"),
            pgadmin.page.waitForResponse((response) => response.url().includes("/sqleditor/cancel/")),
        ]);
        await pgadmin.page.screenshot({ path: proof("stop.png") });
        expect(await running("SELECT pg_sleep(6)")).toBeDefined();
        expect(await ended).toEqual({ result: [[""]] });
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
        expect((await ended).error).toMatch(/cancel/i);
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
