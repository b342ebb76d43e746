import { Client, ClientConfig } from "pg";
import { addServer, forgetServer, servers } from "./support/browser/pgadmin";
import { login } from "./support/pgadminlogin";
import { run, until } from "../../lab/run";
import { Loop, psql } from "./support/clients";
import { direct, longestPause, sampleBackends } from "./support/database";
import { expectHeld, expectNoLeak, secretsOf, watchProcesses } from "./support/secrets";
import { containers, outputs, pulumi, removeConfig, replacing, setConfig, useStack } from "./support/stack";

const on = useStack("02-sidecar");
const { clients } = on;
const started = new Date();

const query = async (database: string, ...commands: string[]) => {
    const { code, stdout, stderr } = await psql(on, on.out, database, ...commands);
    if (code !== 0) throw new Error(stderr);
    return stdout.trim();
};

test("a query goes through the pooler as postgres", async () => {
    expect(await query("tracksolid_db", "SELECT current_user, current_database()")).toBe("postgres|tracksolid_db");
});

test("the admin console answers SHOW POOLS, STATS and CLIENTS to postgres", async () => {
    const pools = await query("pgbouncer", "SHOW POOLS");
    expect(pools).toMatch(/^tracksolid_db\|postgres\|.*\|transaction\|/m);
    expect(await query("pgbouncer", "SHOW STATS")).toMatch(/^tracksolid_db\|/m);
    expect(await query("pgbouncer", "SHOW CLIENTS")).toContain("|pgbouncer|");
});

test("pulumi preview shows no change, with and without --refresh", async () => {
    const previews = [["preview"], ["preview", "--refresh"]].map((args) => pulumi(on, [...args, "--expect-no-changes"]));
    for (const { code, stdout, stderr } of await Promise.all(previews)) {
        expect(stdout + stderr).toContain("23 unchanged");
        expect(code).toBe(0);
    }
});

test("the lookup function answers nobody but the pooler, and a wrong, unknown or expired login fails", async () => {
    const asSuperuser = await direct(on, "SELECT uname, phash FROM public.user_lookup('postgres')");
    expect(asSuperuser).toEqual([{ uname: null, phash: null }]);
    const [acl] = await direct<{ anybody: boolean }>(
        on,
        "SELECT has_function_privilege('public', 'public.user_lookup(text)', 'EXECUTE') AS anybody",
    );
    expect(acl).toEqual({ anybody: false });

    await direct(on, "CREATE ROLE expiring LOGIN PASSWORD 'until-today'");
    const login = (user: string, password: string, database = "tracksolid_db") =>
        run("docker", [
            "exec", "-e", `PGPASSWORD=${password}`, on.out.pgbouncerContainer,
            "psql", "-h", "pgbouncer", "-p", "6432", "-U", user, "-d", database, "-AtXc", "SELECT current_user",
        ]); // prettier-ignore
    try {
        expect(await login("expiring", "until-today")).toBe("expiring\n");
        await expect(login("expiring", "wrong")).rejects.toThrow("authentication failed");
        await direct(on, "ALTER ROLE expiring VALID UNTIL 'yesterday'");
        await expect(login("expiring", "until-today")).rejects.toThrow("authentication failed");
        await expect(login("nobody", "x")).rejects.toThrow(/no such user|authentication failed/);
        // The lookups' own pool is nobody else's, or a few sessions in it would lock everybody out.
        await expect(login("postgres", on.lab.databasePassword, "pgbouncer_lookup")).rejects.toThrow(/no such user|authentication failed/);
    } finally {
        await direct(on, "DROP ROLE expiring");
    }
});

describe("what a client asks for as it connects", () => {
    const connected = async (more: ClientConfig) => {
        const host = (await run("docker", ["inspect", "-f", `{{(index .NetworkSettings.Networks "${on.lab.id}").IPAddress}}`, on.out.pgbouncerContainer])).trim(); // prettier-ignore
        const client = new Client({ host, port: 6432, user: "postgres", password: on.lab.databasePassword, database: "tracksolid_db", ...more }); // prettier-ignore
        await client.connect();
        const { rows } = await client.query("SELECT current_setting('search_path') AS path, current_setting('TimeZone') AS zone");
        await client.end();
        return rows[0] as { path: string; zone: string };
    };

    test("holds if pgbouncer tracks it, is dropped if ignoreStartupParameters names it, and otherwise refuses the login", async () => {
        expect(await connected({ options: "-c timezone=Asia/Tokyo" })).toMatchObject({ zone: "Asia/Tokyo" });
        expect(await connected({ options: "-c extra_float_digits=0" })).toMatchObject({
            zone: expect.not.stringMatching("Tokyo") as string,
        });
        await expect(connected({ options: "-c search_path=tracksolid" })).rejects.toThrow(
            "unsupported startup parameter in options: search_path",
        );
        await expect(connected({ statement_timeout: 5000 })).rejects.toThrow("unsupported startup parameter: statement_timeout");
    });

    test("is dropped in silence with options in the list", async () => {
        await setConfig(on, "ignoreStartupParameters[0]", "options", "--path");
        try {
            await on.up();
            expect(await connected({ options: "-c search_path=tracksolid" })).toMatchObject({ path: '"$user", public' });
        } finally {
            await removeConfig(on, "ignoreStartupParameters"); // "a roll" below deploys it
        }
    });
});

test("no session state leaks from one client to the next", async () => {
    const first = (
        await query("tracksolid_db", "SET work_mem = '77MB'; SET ROLE pg_monitor; CREATE TEMP TABLE leak (); SELECT pg_backend_pid()")
    )
        .split("\n")
        .at(-1);
    // All at once: one after the other they may all get a backend that min_pool_size opened since.
    const state = "SELECT current_setting('work_mem'), current_user, to_regclass('pg_temp.leak') IS NULL, pg_backend_pid(), pg_sleep(2)";
    const seen = await Promise.all(Array.from({ length: 8 }, async () => (await query("tracksolid_db", state)).split("|")));
    for (const [workMem, user, noTable] of seen) expect([workMem, user, noTable]).toEqual(["4MB", "postgres", "t"]);
    expect(seen.map(([, , , pid]) => pid)).toContain(first);
});

test("60 clients that query all the time share the budget's half, and nobody is turned away", async () => {
    const load = await clients.node("sleepers.ts", { CLIENTS: "60" });
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const sampling = sampleBackends(on);
    await new Promise((resolve) => setTimeout(resolve, 6000));
    // Saturated, and still the health check and a new login come through their own pool.
    await run("docker", ["exec", on.out.pgbouncerContainer, "/tmp/pg-sidecar/health"]);
    const { most, samples } = await sampling.stop();
    const { ok, failures } = await clients.finish<Loop>(load);
    console.log(`60 clients: at most ${most} backends in ${samples} samples, ${ok} queries`);
    expect(failures).toEqual([]);
    expect(ok).toBeGreaterThan(60);
    expect(most).toBeGreaterThan(10);
    expect(most).toBeLessThanOrEqual(on.out.backendBudget / 2);
});

/** Changes the stack while clients connect in a loop, and returns what they and the database saw. */
async function underLoad(change: () => Promise<unknown>) {
    const sampling = sampleBackends(on);
    const seen = await clients.connecting(change);
    const { most } = await sampling.stop();
    console.log(`node's pg ${seen.pg.ok} connections, psql ${seen.libpq.ok}, ${seen.failures.length} failures, at most ${most} backends`);
    return { ...seen, most };
}

describe("a changed setting", () => {
    afterAll(() => removeConfig(on, "defaultPoolSize")); // the next `up` below deploys it

    test("is reloaded by the pooler that runs: no session ends, and no connection fails", async () => {
        const before = on.out.pgbouncerContainer;
        await setConfig(on, "defaultPoolSize", "10");
        const { stdout } = await pulumi(on, ["preview", "--diff"]);
        expect(stdout).toMatch(/-\s+default_pool_size = 15\n[^]*\+\s+default_pool_size = 10\n/);
        expect(stdout).toMatch(/~ 1 to update\n/);
        expect(stdout).not.toContain("to replace");
        const held = await clients.node("sleepers.ts", { CLIENTS: "30" });
        const seen = await underLoad(() => on.up());
        const { ok, failures } = await clients.finish<Loop>(held);
        console.log(`30 held sessions: ${ok} queries`);
        expect(failures).toEqual([]);
        expect(ok).toBeGreaterThan(100);
        expect(seen.failures).toEqual([]);
        expect(seen.pg.ok).toBeGreaterThan(20); // the pool is full, so the rate is the same on every host: fewer if the up is fast
        expect(seen.libpq.ok).toBeGreaterThan(10);
        expect(seen.most).toBeLessThanOrEqual(on.out.backendBudget);
        expect(await containers("pgbouncer")).toEqual([before]);
        expect(await query("pgbouncer", "SHOW CONFIG")).toMatch(/^default_pool_size\|10\|/m);
        expect((await pulumi(on, ["preview", "--refresh", "--expect-no-changes"])).code).toBe(0);
    });

    test("is still in force after the pooler was killed", async () => {
        await run("docker", ["kill", on.out.pgbouncerContainer]);
        await run("docker", ["start", on.out.pgbouncerContainer]);
        await until("the pool to answer", 20, async () => (await psql(on, on.out, "tracksolid_db", "SELECT 1")).code === 0);
        expect(await query("pgbouncer", "SHOW CONFIG")).toMatch(/^default_pool_size\|10\|/m);
    });
});

describe("a roll", () => {
    test("turns no connection away and stays within the budget", async () => {
        const before = on.out.pgbouncerContainer;
        const seen = await underLoad(() => on.up(...replacing));
        expect(on.out.pgbouncerContainer).not.toBe(before);
        expect(await containers("pgbouncer")).toEqual([on.out.pgbouncerContainer]);
        expect(seen.failures).toEqual([]);
        expect(seen.pg.ok).toBeGreaterThan(200);
        expect(seen.libpq.ok).toBeGreaterThan(50);
        expect(seen.most).toBeLessThanOrEqual(on.out.backendBudget);
    });

    test("lets an open transaction end, and an idle session just reconnects", async () => {
        const open = psql(on, on.out, "tracksolid_db", "BEGIN; SELECT pg_sleep(12); SELECT 'committed'; COMMIT");
        await until(
            "the transaction to be open",
            10,
            async () =>
                (await direct(on, "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(12)%' AND pid <> pg_backend_pid()")).length >
                0,
        );
        const idle = await clients.node("idle.ts");
        await until("the idle session", 20, async () => (await clients.said(idle)).includes("connected"));
        const rolled = on.up(...replacing);
        const { code, stdout } = await open;
        await rolled;
        expect(stdout).toContain("committed");
        expect(code).toBe(0);
        expect(await clients.finish<{ first: string; second: string }>(idle)).toEqual({ first: "ok", second: "ok" });
    });
});

describe("pgAdmin", () => {
    test("answers, and the login that the stack prints works", async () => {
        expect(await (await fetch(`${on.out.pgadminUrl}/misc/ping`)).text()).toBe("PING");
        expect(await login(on.out)).toMatch(/\/browser\/?$/);
        expect(await login({ ...on.out, pgadminPassword: "wrong" })).toMatch(/\/login/);
    });

    test("reaches the pooler, but not the database", async () => {
        const reach = (host: string, port: number) =>
            run("docker", [
                "exec",
                on.out.pgadminContainer,
                "/venv/bin/python3",
                "-c",
                `import socket; socket.create_connection(("${host}", ${port}), 3); print("open")`,
            ]);
        expect(await reach("pgbouncer", 6432)).toBe("open\n");
        // The second: Docker knows no such name either, but the host reaches no name server to ask.
        await expect(reach("timescale_db", 5432)).rejects.toThrow(/Name or service not known|Temporary failure in name resolution/);
    });

    test("keeps the users' own servers through a replacement, and a changed password works at once", async () => {
        await addServer(on.out, "my own");
        const before = on.out.pgadminContainer;
        const password = `  Pässwörd "$x";%=\\' 日本① `; // a browser's form sends it as it is, and pgAdmin normalises it
        await setConfig(on, "pgadminPassword", password, "--secret");
        try {
            const secrets = [...(await secretsOf(on)), { name: "pgAdmin's new password", value: password }];
            expectHeld((await watchProcesses(secrets, () => on.up())).found);
            await expectNoLeak(on, secrets);
            expect(on.out.pgadminContainer).not.toBe(before);
            expect(on.out.pgadminPassword).toBe(password);
            expect(await login(on.out)).toMatch(/\/browser\/?$/);
            const names = (await servers(on.out)).map(({ Name }) => Name);
            expect([...new Set(names)].sort()).toEqual(["my own", "tracksolid_db (via pgbouncer)"]);
        } finally {
            await forgetServer(on.out, "my own");
            await removeConfig(on, "pgadminPassword");
            await on.up();
        }
        expect(await login(on.out)).toMatch(/\/browser\/?$/);
    });
});

test("no secret is anywhere but where it has to be", async () => {
    const preview = await pulumi(on, ["preview", "--diff"]);
    const places = await expectNoLeak(on, await secretsOf(on), { preview: preview.stdout + preview.stderr });
    // It looks where they are: without these, it would have seen nothing.
    for (const held of [/^file pgbouncer-\S+userlist\.txt$/, /^file pgadmin-\S+password$/, /lab\.json$/]) {
        expect(places).toContainEqual(expect.stringMatching(held));
    }
});

test("the pooler is small, and nothing of it is published on the host", async () => {
    // pgbouncer itself: its process's resident set, apart from the page cache that the container counts.
    const resident = await run("docker", [
        "exec",
        on.out.pgbouncerContainer,
        "sh",
        "-c",
        "for p in /proc/[0-9]*; do grep -q '^Name:.pgbouncer$' $p/status && grep VmRSS $p/status; done; true",
    ]);
    console.log(`pgbouncer: ${resident.trim()}`);
    expect(Number(/(\d+) kB/.exec(resident)![1])).toBeLessThan(10 * 1024);
    expect(await run("docker", ["port", on.out.pgbouncerContainer])).toBe("");
});

test("the pipeline that writes directly never missed a beat", async () => {
    const { rows, seconds } = await longestPause(on, started);
    console.log(`the writer: ${rows} rows, longest pause ${seconds.toFixed(2)} s`);
    expect(rows).toBeGreaterThan(100);
    expect(seconds).toBeLessThan(5);
    expect(await outputs(on)).toEqual(on.out);
});
