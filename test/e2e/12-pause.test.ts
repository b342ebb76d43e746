import * as fs from "fs";
import { ensureDatabase } from "../../lab/database";
import { inLab } from "../../lab/paths";
import { attempt, run, until } from "../../lab/run";
import { Loop, psql } from "./support/clients";
import { direct } from "./support/database";
import { faultTests } from "./support/fault";
import { play } from "./support/play";
import { killMarked, marked, useStack } from "./support/stack";

// ./sidecar pause: the database restarts or moves, and clients wait.

const on = useStack("12-pause");
const { clients } = on;
const { passing } = faultTests(on);

const pause = (args: string[], env: Record<string, string> = {}) =>
    attempt("./sidecar", ["pause", "--stack", "local", ...args], { env: { ...on.env, ...env } });

/** `./sidecar pause` with a command that succeeds, and lasts until `work` is done. */
async function paused(work: () => Promise<unknown>): Promise<string> {
    const [began, done] = [inLab("pause-began"), inLab("pause-done")];
    for (const file of [began, done]) fs.rmSync(file, { force: true });
    const pausing = pause(["sh", "-c", 'touch "$0"; until [ -e "$1" ]; do sleep 0.05; done', began, done]);
    await until("the pause", 30, () => Promise.resolve(fs.existsSync(began)));
    await work().finally(() => fs.writeFileSync(done, ""));
    const { code, stderr } = await pausing;
    expect(code).toBe(0);
    return stderr;
}

/** Does `work` while clients reconnect, and others hold their sessions and query. Nobody may fail. */
async function nobodyFails(work: () => Promise<string>): Promise<string> {
    const holding = await clients.node("sleepers.ts", { CLIENTS: "10" });
    let shown = "";
    const { failures, said } = await clients.connecting(async () => (shown = await work()), { patience: 30 });
    const held = await clients.finish<Loop>(holding);
    expect([...failures, ...held.failures]).toEqual([]);
    expect(shown).toContain("pause: clients continue, after");
    return `${said}; 0 of 10 held sessions failed, with ${held.ok} queries`;
}

/** A session that opens a transaction and stays in it until it is cancelled. */
const openTransaction = () => psql(on, on.out, "tracksolid_db", "SET application_name = 'forgetful'", "BEGIN", "SELECT pg_sleep(100)");

passing(
    "the database restarted under load by `./sidecar pause`",
    async () => nobodyFails(() => play("Restart or upgrade the database", on.env)),
    { pause: 60 },
);

passing(
    "the database's container recreated at another address in a pause",
    async () => {
        const address = () => run("docker", ["inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", on.lab.databaseContainer]); // prettier-ignore
        const before = await address();
        const said = await nobodyFails(() =>
            paused(async () => {
                await run("docker", ["rm", "-f", "-v", on.lab.databaseContainer]);
                await clients.shell("reconnect.sh", { PGCONNECT_TIMEOUT: "30" }); // takes the address that has become free
                await ensureDatabase(on.lab);
            }),
        );
        expect(await address()).not.toBe(before);
        return said;
    },
    { pause: 60, redeployed: true },
);

test("a transaction that does not end is named, its command is not run, and everybody continues", async () => {
    const open = openTransaction();
    await until(
        "the transaction",
        30,
        async () => (await direct(on, "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'")).length > 0,
    );
    const { failures } = await clients.connecting(
        async () => {
            const { code, stdout, stderr } = await pause(["--transactions", "2", "echo", "was run"]);
            expect(code).toBe(2);
            expect(stdout).toBe("");
            expect(stderr).toMatch(/did not end within 2 s. All clients continue, and COMMAND was not run.\n {4}database tracksolid_db, user postgres, application_name "forgetful", from [\d.]+:\d+, since \d{4}-.*\n/); // prettier-ignore
        },
        { patience: 30 },
    );
    expect(failures).toEqual([]);
    await direct(on, "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
    expect((await open).stderr).toContain("canceling statement due to user request"); // and not cut by the pause
});

test("a CLI that is killed (kill -9) leaves a pause that ends by itself, and a second pause is refused meanwhile", async () => {
    const began = inLab("pause-began");
    fs.rmSync(began, { force: true });
    const cut = pause(["--at-most", "15", "sh", "-c", 'touch "$0"; exec sleep 60', began], marked);
    await until("the command", 30, () => Promise.resolve(fs.existsSync(began)));
    const from = Date.now();
    await killMarked();
    await cut;
    const { code, stderr } = await pause(["true"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/another pause is in force, so COMMAND was not run\nFix: wait until it ends, in \d+ s at most/);
    expect(await on.pooledAnswers()).toBe(true); // it waits until then
    const waited = (Date.now() - from) / 1000;
    expect(waited).toBeGreaterThan(8);
    expect(waited).toBeLessThan(25);
});

test("the command's exit code comes through, and its output", async () => {
    const { code, stdout } = await pause(["sh", "-c", "echo said; exit 7"]);
    expect({ code, stdout }).toEqual({ code: 7, stdout: "said\n" });
    expect(await on.pooledAnswers()).toBe(true);
});
