import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { ensureRegistry } from "../../lab/images";
import { inLab } from "../../lab/paths";
import { addServer, forgetServer, servers } from "./support/browser/pgadmin";
import { login } from "./support/pgadminlogin";
import { play } from "./support/play";
import { proof } from "./support/proof";
import { Remote } from "./support/remote";
import { attempt, run, until } from "../../lab/run";
import { psql } from "./support/clients";
import { expectHeld, expectNoLeak, secretsOf, watchProcesses } from "./support/secrets";
import { changing, containers, outputs, pulumi, removeConfig, up, useStack } from "./support/stack";

// docs/RUNBOOK.md, done as printed: the Docker host over ssh, no port of the database published, the settings in git.

const on = useStack("11-runbook", { deployed: false });
const { clients, pooledAnswers } = on;
let remote: Remote;
let repository: string;
let env: Record<string, string>;

const git = (...args: string[]) => run("git", args, { env });
const destroy = () => remote.pulumi("destroy", ...changing);
/** Runs SQL in the database's container, as its superuser. */
const asSuperuser = (sql: string) => run("docker", ["exec", on.lab.databaseContainer, "psql", "-U", "postgres", "-d", "tracksolid_db", "-qAtXc", sql]); // prettier-ignore

beforeAll(async () => {
    expect((await pulumi(on, ["destroy", ...changing])).code).toBe(0);
    remote = await Remote.begin(on);
    repository = fs.mkdtempSync(path.join(os.tmpdir(), "sidecar-git-"));
    const who = { NAME: "A Test", EMAIL: "test@example.com" };
    env = {
        ...on.env,
        ...{ GIT_DIR: repository, GIT_WORK_TREE: inLab("stack") },
        ...Object.fromEntries(
            ["AUTHOR", "COMMITTER"].flatMap((role) => Object.entries(who).map(([key, is]) => [`GIT_${role}_${key}`, is])),
        ),
    };
    await attempt("pulumi", ["config", "rm", "rotation"], { env: on.env });
    await git("init", "-q");
    await git("add", "Pulumi.local.yaml");
    await git("commit", "-qm", "The stack as it is");
});

afterAll(async () => {
    await attempt("git", ["checkout", "-q", "--", "."], { env }); // of a section that failed midway
    await attempt("pulumi", ["config", "rm", "rotation"], { env: on.env });
    await remote.end();
    await up(on);
    fs.rmSync(repository, { recursive: true });
});

test("Deploy", async () => {
    await play("Deploy", env, { 15432: String(remote.tunnelPort) });
    on.out = await outputs(on);
    expect(await pooledAnswers()).toBe(true);
});

test("Change a setting: what a reviewer sees is readable line by line, and no secret is in it", async () => {
    const before = on.out.pgbouncerContainer;
    const said = await play("Change a setting", env);
    const [, shown = ""] = /(Previewing update[^]*?unchanged)/.exec(said) ?? [];
    for (const secret of [on.lab.databasePassword, on.out.pgadminPassword]) expect(said).not.toContain(secret);
    const lines = shown.split("\n").filter((line) => !/from \$PATH|^@|^\s*$|Diagnostics:|\(pg-sidecar-local\)|warnings$/.test(line));
    fs.writeFileSync(proof("preview.txt"), lines.join("\n") + "\n");
    on.out = await outputs(on);
    expect(on.out.pgbouncerContainer).toBe(before);
});

test("Roll back a setting", async () => {
    await play("Roll back a setting", env);
    on.out = await outputs(on);
    expect((await psql(on, on.out, "pgbouncer", "SHOW CONFIG")).stdout).toMatch(/^default_pool_size\|15\|/m);
});

test("Rotate: no login fails, though each lookup has to open a backend of its own", async () => {
    const before = await asSuperuser("SELECT rolpassword FROM pg_authid WHERE rolname = 'pgbouncer'");
    // Not by RECONNECT in a loop: it ends the backends that are logging in too, and pgbouncer takes that for a database that fails.
    const onceOnly = ["-h", "/tmp/pgbouncer", "-p", "6432", "-U", "pgbouncer", "-d", "pgbouncer", "-c", "SET server_lifetime = 0"];
    await run("docker", ["exec", on.out.pgbouncerContainer, "psql", ...onceOnly]);
    const kept = () => asSuperuser("SELECT count(*) FROM pg_stat_activity WHERE usename = 'pgbouncer'");
    expect(await pooledAnswers()).toBe(true);
    await until("no backend of a lookup stays", 30, async () => (await kept()) === "0\n");
    const opened = async () => Number(await asSuperuser("SELECT sessions FROM pg_stat_database WHERE datname = 'tracksolid_db'"));
    const from = await opened();
    const { failures, pg, libpq, said } = await clients.connecting(() => play("Rotate", env));
    const backends = (await opened()) - from;
    console.log(`rotation: ${said} (${pg.ok} of node's pg, ${libpq.ok} of psql); ${backends} backends were opened`);
    expect(failures).toEqual([]);
    expect(Math.min(pg.ok, libpq.ok)).toBeGreaterThan(100);
    expect(backends).toBeGreaterThan(500);
    expect(await asSuperuser("SELECT rolname FROM pg_roles WHERE rolname LIKE 'pgbouncer%'")).toBe("pgbouncer_2\n");
    expect(await asSuperuser("SELECT rolpassword FROM pg_authid WHERE rolname = 'pgbouncer_2'")).not.toBe(before);
    on.out = await outputs(on);
});

test("a rotation that fails once the pooler has the new role is continued by the same command, and not rolled back", async () => {
    const rotate = () => attempt("./sidecar", ["rotate", "--stack", "local", ...changing, "--color", "never"], { env: on.env });
    const inPostgres = (sql: string) => run("docker", ["exec", on.lab.databaseContainer, "psql", "-U", "postgres", "-qc", sql]);
    const roles = () => asSuperuser("SELECT string_agg(rolname, ',' ORDER BY rolname) FROM pg_roles WHERE rolname LIKE 'pgbouncer%'");
    await inPostgres("GRANT CREATE ON SCHEMA public TO pgbouncer_2"); // so that it can't be dropped
    const before = await secretsOf(on);
    const { result: failed, found } = await watchProcesses(before, rotate);
    expect(failed.code).not.toBe(0);
    expectHeld(found);
    const secrets = [...before, ...(await secretsOf(on))]; // of both roles
    await expectNoLeak(on, secrets, { "an up that failed": failed.stdout + failed.stderr });
    expect(failed.stdout).toContain("cannot be dropped because some objects depend on it");
    expect(await roles()).toBe("pgbouncer,pgbouncer_2\n");
    const password = await asSuperuser("SELECT rolpassword FROM pg_authid WHERE rolname = 'pgbouncer'");

    await inPostgres("DROP OWNED BY pgbouncer_2");
    const again = await rotate();
    expect(again.stderr).toContain("rotation 2 has not finished");
    expect(again.code).toBe(0);
    expect(await roles()).toBe("pgbouncer\n");
    expect(await asSuperuser("SELECT rolpassword FROM pg_authid WHERE rolname = 'pgbouncer'")).toBe(password);
    await expectNoLeak(on, secrets, { rotate: again.stdout + again.stderr });
    await git("commit", "-qam", "Rotate again");
    on.out = await outputs(on);
    expect(await pooledAnswers()).toBe(true);
});

const serverNames = async () => (await servers(on.out)).map(({ Name }) => Name);

test("Upgrade pgAdmin, and Restore pgAdmin: the volume is what it was before the other image", async () => {
    await addServer(on.out, "from before");
    const registry = `${await ensureRegistry(on.lab.registryPort)}/dpage/pgadmin4`; // there is none if the official images were pulled yet
    const tag = `${registry}:another`;
    await run("docker", ["build", "-q", "-t", tag, "-"], { input: `FROM ${on.images.pgadmin}\nLABEL another=${Date.now()}\n`, env: { DOCKER_BUILDKIT: "0" } }); // prettier-ignore
    await run("docker", ["push", "-q", tag]);
    const words = { IMAGE: (await run("docker", ["inspect", "-f", "{{index .RepoDigests 0}}", tag])).trim().replace("@", ":another@") };

    await play("Upgrade pgAdmin", env, words);
    on.out = await outputs(on);
    expect(await serverNames()).toContain("from before");
    await addServer(on.out, "from after");
    // What a migration forward comes to for the image before: a database that it does not know.
    await run("docker", ["exec", on.out.pgadminContainer, "/venv/bin/python3", "-c", `import sqlite3; c = sqlite3.connect("/var/lib/pgadmin/pgadmin4.db"); c.execute("UPDATE version SET value = 999 WHERE name = 'ConfigDB'"); c.commit()`]); // prettier-ignore

    await play("Restore pgAdmin", env);
    on.out = await outputs(on);
    const there = await serverNames();
    expect(there).toContain("from before");
    expect(there).not.toContain("from after");
    expect(await login(on.out)).toMatch(/\/browser\/?$/);
    await forgetServer(on.out, "from before");
});

test("Remove", async () => {
    await play("Remove", env);
    await removeConfig(on, "rotation");
    expect(await containers("pgbouncer")).toEqual([]);
    expect(await asSuperuser("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'pgbouncer%'")).toBe("0\n");
});

// The first plan's SQL, as somebody ran it.
const byHand = `
    CREATE ROLE pgbouncer LOGIN PASSWORD 'by-hand';
    CREATE FUNCTION public.user_lookup(in_user text, OUT uname text, OUT phash text) RETURNS record AS $$
    BEGIN
        SELECT usename, passwd FROM pg_catalog.pg_shadow WHERE usename = in_user INTO uname, phash;
        RETURN;
    END;
    $$ LANGUAGE plpgsql SECURITY DEFINER;
    REVOKE ALL ON FUNCTION public.user_lookup(text) FROM public;
    GRANT EXECUTE ON FUNCTION public.user_lookup(text) TO pgbouncer`;

test("Adopt: what somebody made by hand becomes the stack's, and a destroy says that it will remove it", async () => {
    await asSuperuser(byHand);
    const oid = await asSuperuser("SELECT oid FROM pg_roles WHERE rolname = 'pgbouncer'");
    const refused = await remote.tunnelled("pulumi", "up", ...changing);
    expect(refused.stdout).toContain("./sidecar adopt --stack local");

    await play("Adopt", env);
    on.out = await outputs(on);
    expect(await pooledAnswers()).toBe(true);
    expect(await asSuperuser("SELECT oid FROM pg_roles WHERE rolname = 'pgbouncer'")).toBe(oid); // taken over, not recreated
    expect(await asSuperuser("SELECT prosrc FROM pg_proc WHERE proname = 'user_lookup'")).toContain("Made by stack pg-sidecar/local");
    const again = await remote.tunnelled("./sidecar", "adopt");
    expect(again.stdout).toContain("nothing to adopt");
    await remote.pulumi("preview", "--refresh", "--expect-no-changes");

    const said = await remote.pulumi("destroy", "--preview-only");
    expect(said).toMatch(/postgresql:index:Role +lookup-pgbouncer +delete/);
    expect(said).toMatch(/postgresql:index:Function +tracksolid_db\.public\.user_lookup +delete/);
    await destroy();
    expect(await asSuperuser("SELECT count(*) FROM pg_proc WHERE proname = 'user_lookup'")).toBe("0\n");
    expect(await asSuperuser("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'pgbouncer%'")).toBe("0\n");
});
