import { Browser } from "playwright-core";
import { attempt, run, until } from "../../lab/run";
import { beginAfresh, openBrowser, PgadminPage } from "./support/browser/pgadmin";
import { useStack } from "./support/stack";
import { percent } from "../proof/changes/figures";
import { measureSidecar, total } from "../proof/changes/idle";
import { pause } from "../proof/reconnecting";

// What either container can do to its host, to the other one and to the database.

const on = useStack("17-confined");
const both = () => [on.out.pgbouncerContainer, on.out.pgadminContainer];
const startOf = (container: string) => run("docker", ["inspect", "-f", "{{.State.StartedAt}} {{.RestartCount}}", container]);
/** The processes below the container's first. */
const workers = () => inside(on.out.pgadminContainer, "cat /proc/1/task/1/children").then(({ stdout }) => stdout.trim());
const processes = async (container: string) => (await run("docker", ["top", container])).split("\n").length - 1;
const inside = (container: string, script: string) => attempt("docker", ["exec", container, "sh", "-c", script]);

test("without clients, both use little of a core", async () => {
    await pause(10); // for a container that has started only just now
    const idle = await measureSidecar(on, 20);
    console.log(
        `pgbouncer ${percent(idle.pgbouncer.cpu)}, pgAdmin ${percent(idle.pgadmin.cpu)} of a core; startInterval: ${idle.startInterval}`,
    );
    // A loop that does not sleep uses a whole core. `proof changes` holds the exact figure against the target: a busy host multiplies it.
    expect(total(idle)).toBeLessThan(50);
});

test("nobody writes on the root of either, not even root itself", async () => {
    for (const container of both()) {
        for (const user of [[], ["--user", "root"]]) {
            const { code, stderr } = await attempt("docker", ["exec", ...user, container, "sh", "-c", "touch /bin/x /etc/x"]);
            expect(code).not.toBe(0);
            expect(stderr).toContain("Read-only file system");
        }
        expect((await inside(container, "grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/1/status")).stdout.split(/\s+/)).toEqual(
            expect.arrayContaining(["0000000000000000", "1"]),
        );
    }
});

test("both come back from a restart, with their files on a new tmpfs", async () => {
    await run("docker", ["restart", "-t", "1", ...both()]);
    await until("both to be healthy", 60, async () => (await run("docker", ["inspect", "-f", "{{.State.Health.Status}}", ...both()])) === "healthy\nhealthy\n"); // prettier-ignore
    await until("a query through the pool", 10, on.pooledAnswers);
});

test("pgAdmin's secrets can be read and not written in its container", async () => {
    const { stderr } = await inside(on.out.pgadminContainer, "cd /etc/pg-sidecar/secrets && cat password > /dev/null && echo x > password");
    expect(stderr).toMatch(/Read-only file system|Permission denied/);
});

test("a container that starts too many processes harms neither the pooler nor its clients", async () => {
    const { stderr } = await inside(on.out.pgadminContainer, "for i in $(seq 400); do sleep 10 & done");
    expect(stderr).toMatch(/[Cc]an't fork|Cannot fork|Resource temporarily unavailable/);
    const pooler = inside(on.out.pgbouncerContainer, "for i in $(seq 1200); do sleep 20 & done");
    await until("the processes to be there", 30, async () => (await processes(on.out.pgbouncerContainer)) > 900);
    expect((await pooler).stderr).toMatch(/[Cc]an't fork|Cannot fork|Resource temporarily unavailable/);
    await until("a query through the pool", 60, on.pooledAnswers); // it is asked by a process of the container's own
    // The next test needs processes of pgAdmin's own, and these outlive the shell that started them.
    for (const container of both()) await until("the processes to be gone", 60, async () => (await processes(container)) < 30);
});

describe("a pgAdmin that eats its limit", () => {
    let browser: Browser;
    beforeAll(async () => {
        await beginAfresh(on.out);
        browser = await openBrowser();
    });
    afterAll(() => browser?.close());

    test("is back within seconds; the pooler and the database notice nothing", async () => {
        const before = await Promise.all([on.out.pgbouncerContainer, on.lab.databaseContainer].map(startOf));
        const pgadmin = await PgadminPage.login(browser, on.out);
        await pgadmin.open(["Servers", "tracksolid_db (via pgbouncer)", "Databases", "tracksolid_db"], on.lab.databasePassword);
        const tool = await pgadmin.queryTool();
        const worker = await workers();
        const from = Date.now();
        await tool.start("SELECT repeat(md5(n::text), 30000) FROM generate_series(1, 3000) AS n"); // 2.9 GB, and the limit is 1 GiB
        await until("its worker to be ended", 60, async () => {
            const now = await workers(); // nothing, if the container has no memory left to look
            return now !== "" && now !== worker;
        });
        const eaten = (Date.now() - from) / 1000;
        expect(await on.pooledAnswers()).toBe(true);
        await until("pgAdmin to answer", 60, async () => (await fetch(`${on.out.pgadminUrl}/misc/ping`).catch(() => undefined))?.status === 200); // prettier-ignore
        console.log(`pgAdmin was ended ${eaten.toFixed(1)} s after the query began, and answered again ${((Date.now() - from) / 1000 - eaten).toFixed(1)} s later`); // prettier-ignore
        expect(await Promise.all([on.out.pgbouncerContainer, on.lab.databaseContainer].map(startOf))).toEqual(before);
        await pgadmin.page.close();
    });
});
