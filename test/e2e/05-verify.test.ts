import * as fs from "fs";
import { Client } from "pg";
import { databaseClient } from "../../lab/database";
import { DatabaseSnapshot, Snapshot } from "../../cli/top/snapshot";
import { Report } from "../../cli/verify/check";
import { Headroom, headroomQuery } from "../../cli/verify/headroom";
import { attempt, run, until } from "../../lab/run";
import { inLab } from "../../lab/paths";
import { psql } from "./support/clients";
import { direct } from "./support/database";
import { expectHeld, expectNoLeak, secretsOf, watchProcesses } from "./support/secrets";
import { changing, outputs, removeConfig, setConfig, useStack } from "./support/stack";

const on = useStack("05-verify");

const verify = (...args: string[]) => attempt("./sidecar", ["verify", "--stack", "local", ...args], { env: on.env });

/** Verifies with --json and returns the exit code and the reports by id. */
async function reports(...args: string[]) {
    const { code, stdout, stderr } = await verify("--json", ...args);
    if (code === 2) throw new Error(stderr);
    const { checks } = JSON.parse(stdout) as { checks: Report[] };
    return { code, checks, by: Object.fromEntries(checks.map((one) => [one.id, one])) };
}

const results = (checks: Report[]) => Object.fromEntries(checks.map(({ id, result }) => [id, result]));

/** Runs a remedy as it is printed; only what the CLI would ask a person is answered. */
async function fix({ remedy }: Report) {
    await run("sh", ["-c", `${remedy} ${changing.join(" ")}`], { env: on.env });
    on.out = await outputs(on);
}

/** Runs SQL in a session of another role, whose password nobody needs. */
const queryAs = (role: string, sql: string) =>
    run("docker", ["exec", on.lab.databaseContainer, "psql", "-U", "postgres", "-d", "tracksolid_db", "-AtqX", "-c", `SET SESSION AUTHORIZATION ${role}`, "-c", sql]); // prettier-ignore

/** Schema and roles of the database, the passwords of the roles included. */
async function inDatabase() {
    const dump = (...command: string[]) => run("docker", ["exec", "-u", "postgres", on.lab.databaseContainer, ...command]);
    const all = (await dump("pg_dump", "--schema-only", "tracksolid_db")) + (await dump("pg_dumpall", "--roles-only"));
    return all.replace(/^\\(un)?restrict .*$/gm, ""); // newer dumps guard themselves with a random word
}

/** A busy host may be slow once, which is a warning. */
const passes = expect.stringMatching(/^(ok|warning)$/) as string;

test("the stack passes, and the database is afterwards as it was", async () => {
    const before = await inDatabase();
    const from = Date.now();
    const secrets = await secretsOf(on);
    const { result, found } = await watchProcesses(secrets, () => reports());
    const { code, checks, by } = result;
    console.log(`verify: ${((Date.now() - from) / 1000).toFixed(1)} s; ${by.stress!.saw}\n${by.stress!.chart!.join("\n")}`);
    expect(checks.filter(({ result }) => result === "failed")).toEqual([]);
    expect(results(checks)).toMatchObject({
        ...{ stress: passes, direct: passes, pipeline: passes },
        "lookup-path": "ok",
        "leak-set": "ok",
        "left-behind": "ok",
        https: "skipped",
        exporters: "skipped",
    });
    expect(code).toBe(0);
    expectHeld(found);
    await expectNoLeak(on, secrets, { verify: JSON.stringify(checks) });
    expect(await inDatabase()).toBe(before);
    expect(await direct(on, "SELECT 1 FROM pg_stat_activity WHERE application_name = 'pg-sidecar verify'")).toEqual([]);
});

test("--only runs those alone, as a table on stdout and progress on stderr", async () => {
    const { code, stdout, stderr } = await verify("--only", "mode,https");
    expect(stdout).toMatch(/^\n✓ mode .*\n.*pool_mode = transaction\n– https .*\n.*pgadminDomain is not set\n\n1 passed, .* 1 skipped\n$/);
    expect(stderr).toMatch(/^✓ mode .* s\n– https .* s\n$/);
    expect(code).toBe(0);
});

test.each([
    [["--only", "mode,nonsense"], /unknown: nonsense[^]*containers, images/],
    [["--nonsense"], /nonsense[^]*\.\/sidecar verify/],
    [["--stack", "nonsense"], /there is no stack nonsense/],
])("%j is refused with exit code 2 and the remedy", async (args, said) => {
    const { code, stdout, stderr } = await verify(...args);
    expect(stderr).toMatch(said);
    expect(stdout).toBe("");
    expect(code).toBe(2);
});

test("an EXECUTE granted to everybody by hand shows nobody a verifier, is caught, and the remedy fixes it", async () => {
    await direct(on, "GRANT EXECUTE ON FUNCTION public.user_lookup(text) TO PUBLIC; CREATE ROLE stranger");
    const asked = (role: string) => queryAs(role, "SELECT count(phash) FROM public.user_lookup('postgres')");
    expect([await asked("stranger"), await asked("postgres"), await asked("pgbouncer")]).toEqual(["0\n", "0\n", "1\n"]);
    const { code, by } = await reports("--only", "lookup-grants");
    expect(by["lookup-grants"]).toMatchObject({ result: "failed", saw: "PUBLIC may execute it" });
    expect(code).toBe(1);
    await fix(by["lookup-grants"]!);
    expect((await reports("--only", "lookup-grants")).code).toBe(0);
});

test("a login that sees nobody's sessions counts them all the same", async () => {
    const used = async (role: string) => (JSON.parse(await queryAs(role, headroomQuery("false"))) as Headroom).used;
    const [hidden, seen] = [await used("stranger"), await used("postgres")];
    expect(seen).toBeGreaterThan(3);
    expect(Math.abs(hidden - seen)).toBeLessThan(3);
    await direct(on, "DROP ROLE stranger");
});

test("a grant of the lookup role's own is caught, also in the server's schemas, and the remedy fixes it", async () => {
    await direct(on, "GRANT SELECT ON pg_catalog.pg_authid TO pgbouncer");
    const { by } = await reports("--only", "lookup-role");
    expect(by["lookup-role"]).toMatchObject({
        result: "failed",
        saw: expect.stringContaining("has a grant on pg_authid in tracksolid_db"),
    });
    await run("sh", ["-c", by["lookup-role"]!.remedy!], { env: on.env });
    expect((await reports("--only", "lookup-role")).code).toBe(0);
});

test("a lookup function replaced by hand is caught, and the remedy fixes it", async () => {
    await direct(
        on,
        `CREATE OR REPLACE FUNCTION public.user_lookup(in_user text, OUT uname text, OUT phash text) RETURNS record
             LANGUAGE sql STABLE SECURITY DEFINER AS 'SELECT usename, passwd FROM pg_shadow WHERE usename = in_user'`,
    );
    const ids = "lookup-grants,lookup-expiry,lookup-path";
    const { checks, by } = await reports("--only", ids);
    expect(results(checks)).toEqual({ "lookup-grants": "failed", "lookup-expiry": "failed", "lookup-path": "failed" });
    expect(by["lookup-grants"]!.saw).toContain("not the pooler's");
    await fix(by["lookup-path"]!);
    expect((await reports("--only", ids)).code).toBe(0);
});

test("a pooler that has left the sidecar's network is caught, and the remedy brings it back", async () => {
    const { networks, pgbouncerContainer } = on.out;
    await run("docker", ["network", "disconnect", networks.sidecar, pgbouncerContainer]);
    try {
        const { code, by } = await reports("--only", "query,reach");
        expect(by.query!.result).toBe("ok");
        expect(by.reach).toMatchObject({
            result: "failed",
            saw: `pgAdmin does not reach the pooler at pgbouncer:6432: ${pgbouncerContainer} is not on network ${networks.sidecar}`,
        });
        expect(code).toBe(1);
        await run("sh", ["-c", by.reach!.remedy!], { env: on.env });
        expect((await reports("--only", "reach")).by.reach!.result).not.toBe("failed");
    } finally {
        // Fails if the remedy has done it.
        await attempt("docker", ["network", "connect", "--alias", "pgbouncer", networks.sidecar, pgbouncerContainer]);
    }
});

describe("without a reset after each transaction", () => {
    const leaks = ["set", "role", "temp", "lock", "prepared"].map((kind) => `leak-${kind}`);
    const all = (result: string) => Object.fromEntries(leaks.map((id) => [id, result]));

    afterAll(async () => {
        await removeConfig(on, "serverResetQueryAlways");
        await on.up();
    });

    test("a pooler that was deployed as strict fails, each leak by itself, and so does its configuration", async () => {
        const shown = "/tmp/pgbouncer -p 6432 -U pgbouncer -d pgbouncer";
        await run("docker", ["exec", on.out.pgbouncerContainer, "sh", "-c", `psql -h ${shown} -c 'SET server_reset_query_always = 0'`]);
        const { code, checks, by } = await reports("--only", ["config", ...leaks].join(","));
        expect(results(checks)).toEqual({ config: "failed", ...all("failed") });
        expect(by.config!.saw).toBe("server_reset_query_always is 0, but 1 was deployed");
        expect(code).toBe(1);
    });

    test("a pooler that was deployed as fast gets warnings, and nothing of the checks stays", async () => {
        await setConfig(on, "serverResetQueryAlways", "false");
        await on.up();
        const { code, checks, by } = await reports("--only", leaks.join(","));
        expect(results(checks)).toEqual(all("warning"));
        expect(by["leak-set"]!.saw).toContain("the price of serverResetQueryAlways = false");
        expect(code).toBe(0);
        const left = await psql(
            on,
            on.out,
            "tracksolid_db",
            `SELECT current_setting('role'), coalesce(current_setting('sidecar.verify', true), ''),
                    (SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'),
                    (SELECT count(*) FROM pg_class WHERE relname LIKE 'sidecar_verify_%')`,
        );
        expect(left.stdout).toBe("none||0|0|0\n");
    });
});

test("the stress is refused where connections are scarce, and direct ones are still looked at", async () => {
    const held: Client[] = [];
    try {
        const used = async () => (await direct<{ n: number }>(on, "SELECT count(*)::int AS n FROM pg_stat_activity WHERE backend_type = 'client backend'"))[0]!.n; // prettier-ignore
        for (let left = 97 - (await used()); left > 4; left--) {
            const client = databaseClient(on.lab);
            await client.connect();
            held.push(client);
        }
        const { code, by } = await reports("--only", "query,stress,direct,pipeline");
        expect(by.stress!.saw).toMatch(
            /^not run: the pooler may open \d+ more backends .* left: max_connections 100, less 3 reserved and \d+ in use/,
        );
        expect(results(Object.values(by))).toEqual({ query: "ok", stress: "failed", direct: "ok", pipeline: "skipped" });
        expect(code).toBe(1);
    } finally {
        for (const client of held) await client.end();
    }
});

test("the stress is refused where it would take the last slots for clients", async () => {
    const allow = (most: number) =>
        run("docker", ["exec", on.out.pgbouncerContainer, "sh", "-c", `. /tmp/pg-sidecar/common && on_console 1 -c 'SET max_client_conn = ${most}'`]); // prettier-ignore
    const before = /^max_client_conn = (\d+)$/m.exec((on.out as unknown as { pgbouncerIni: string }).pgbouncerIni)![1];
    await allow(35);
    try {
        const { code, by } = await reports("--only", "query,stress,direct");
        expect(by.stress).toMatchObject({
            saw: "not run: the stress needs 30 client slots, and 10 have to stay free, but maxClientConn is 35: too low for it even without other clients",
            remedy: expect.stringMatching(/^pulumi config set --stack local maxClientConn \d+; /) as string,
        });
        expect(results(Object.values(by))).toEqual({ query: "ok", stress: "warning", direct: "ok" });
        expect(code).toBe(0);
    } finally {
        await allow(Number(before));
    }
});

describe("./sidecar top", () => {
    const top = (...args: string[]) => attempt("./sidecar", ["top", "--stack", "local", ...args], { env: on.env });

    test("shows an open transaction with its user and query, as JSON and as text", async () => {
        const open = psql(on, on.out, "tracksolid_db", "BEGIN", "SELECT pg_sleep(300), 'top'");
        const opened = "FROM pg_stat_activity WHERE state = 'active' AND query = $$SELECT pg_sleep(300), 'top'$$";
        await until("the transaction", 30, async () => (await direct(on, `SELECT 1 ${opened}`)).length > 0);
        const seen = JSON.parse((await top("--once", "--json")).stdout) as Snapshot;
        const text = await top("--once");
        await direct(on, `SELECT pg_cancel_backend(pid) ${opened}`);
        await open;
        const { connections, direct: others, transactions } = seen.database as DatabaseSnapshot;
        expect(transactions).toContainEqual(expect.objectContaining({ user: "postgres", pooled: true, state: "active", query: "SELECT pg_sleep(300), 'top'" })); // prettier-ignore
        expect(seen.pools).toContainEqual(expect.objectContaining({ database: "tracksolid_db", user: "postgres", busy: 1, waiting: 0 }));
        expect(seen.budget.used).toBeGreaterThan(0);
        expect(connections.max).toBe(100);
        expect(others).toContainEqual({ address: expect.any(String), count: expect.any(Number) }); // the ingest's
        expect(text.stdout).toMatch(
            /nobody waits[^]*pool .* of 18 backends[^]*postgres +pool +active +\d+ s +SELECT pg_sleep\(300\), 'top'/,
        );
        expect(text.code).toBe(0);
    });

    const screen = inLab("top-screen");
    const shown = `for look in $(seq 300); do grep -q 'nobody waits' ${screen} && break; sleep 0.2; done`;
    /** Runs a command in a terminal, with what a shell's commands print as its keys; what it draws is in the file, too. */
    function inTerminal(command: string, keys: string) {
        fs.rmSync(screen, { force: true });
        return attempt("sh", ["-c", `(${keys}) | script -qefc 'stty rows 40 cols 140; ${command}' ${screen}`], { env: { ...on.env, TERM: "xterm-256color" } }); // prettier-ignore
    }

    test("ends at once if q is pressed while a look hangs", async () => {
        const signal = (name: string) => `docker exec ${on.out.pgbouncerContainer} sh -c 'kill -${name} $(pidof pgbouncer)'`;
        const keys = `${shown}; ${signal("STOP")}; sleep 3; date +%s%3N >&2; printf q; sleep 6`;
        try {
            const ran = await inTerminal("./sidecar top --stack local --interval 1; date +%s%3N", keys);
            const [pressed, ended] = [ran.stderr, ran.stdout].map((text) => Number(/(\d{13})\D*$/.exec(text)?.[1]));
            expect(ended! - pressed!).toBeLessThan(4000); // the look would hang for longer
        } finally {
            await attempt("sh", ["-c", signal("CONT")]);
            await until("the pool to answer", 30, on.pooledAnswers);
        }
    });

    test("draws a screen in a terminal until q is pressed, and leaves the terminal as it was", async () => {
        const { stdout, code } = await inTerminal("./sidecar top --stack local --interval 1", `${shown}; printf q; sleep 3`);
        expect(stdout).toContain("nobody waits");
        expect(stdout).toContain("\u001b[?1049h");
        expect(stdout.lastIndexOf("\u001b[?1049l")).toBeGreaterThan(stdout.lastIndexOf("nobody waits"));
        expect(code).toBe(0);
    });
});
