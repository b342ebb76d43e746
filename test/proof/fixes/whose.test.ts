import { ChildProcess, spawn } from "child_process";
import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { Trial } from "./fixes";
import { Server } from "./server";
import { attempt, run, until } from "../../../lab/run";
import { psql } from "../../e2e/support/clients";
import { changing, keepLogs, Outputs, outputs, pulumi, removeConfig, Sidecar, sidecar, up } from "../../e2e/support/stack";

// Whose the role and the function in the database are, if their marks alone don't say it.

let on: Sidecar;
let out: Outputs;

beforeAll(async () => {
    on = await sidecar();
    out = await up(on);
});

afterAll(() => keepLogs("fixes-whose"));

/** Runs a program in the database's container, with text on its standard input. */
const inDatabase = (args: string[], input = "") => run("docker", ["exec", "-i", on.lab.databaseContainer, ...args], { input });
const sql = (text: string) => inDatabase(["psql", "-U", "postgres", "-d", "tracksolid_db", "-qAtXc", text]);
const marks = async () => ({
    role: (await sql("SELECT rolname || ' ' || rolconfig[1] FROM pg_roles WHERE rolname LIKE 'pgbouncer%'")).trim(),
    body: (await sql("SELECT substring(prosrc FROM 'Made by stack (\\S+)\\.') FROM pg_proc WHERE proname = 'user_lookup'")).trim(),
});
const answers = async () => (await psql(on, out, "tracksolid_db", "SELECT 'through'")).stdout === "through\n";

/** Prod's server, its roles and its public schema, dumped as pg_dump does: this lab's, under another stack's mark and with another password. */
async function dumpOfProd(): Promise<{ roles: string; schema: string }> {
    const prod = await Server.start(on, "prod");
    try {
        const put = (text: string) =>
            run("docker", ["exec", "-i", prod.name, "psql", "-U", "postgres", "-d", "tracksolid_db", "-qX"], { input: text });
        const marked = (text: string) => text.replaceAll("pg-sidecar/local", "pg-sidecar/prod");
        const dump = async (server: (args: string[]) => Promise<string>) => ({
            roles: await server(["pg_dumpall", "-U", "postgres", "--roles-only"]),
            schema: await server(["pg_dump", "-U", "postgres", "--schema-only", "-n", "public", "tracksolid_db"]),
        });
        const own = await dump(inDatabase);
        await put(marked(own.roles + own.schema));
        await put("ALTER ROLE pgbouncer PASSWORD 'of prod''s'");
        return await dump((args) => run("docker", ["exec", prod.name, ...args]));
    } finally {
        await prod.remove();
    }
}

async function restore({ roles, schema }: { roles: string; schema: string }): Promise<void> {
    await sql("DROP FUNCTION IF EXISTS public.user_lookup(text)");
    await inDatabase(["psql", "-U", "postgres", "-d", "tracksolid_db", "-qX"], roles + schema);
    expect(await marks()).toEqual({ role: expect.stringContaining("pg-sidecar/prod"), body: "pg-sidecar/prod" });
}

describe("a dump of another stack's database, restored with its roles", () => {
    test("is this stack's own if its state has them, and the printed command puts them right", async () => {
        const dump = await dumpOfProd();
        await restore(dump);
        const trial = new Trial(on, "restored", {});
        const fix = await trial.fixOf("is marked as that of stack pg-sidecar/prod");
        // A plain up is not stopped, but the provider sees nothing of it.
        const plain = await pulumi(on, ["up", ...changing]);
        expect(plain.code).toBe(0);
        expect((await marks()).body).toBe("pg-sidecar/prod");

        expect(fix).toBe("./sidecar rotate --stack local --refresh");
        const ran = await attempt("bash", ["-c", fix], { env: { ...on.env, PULUMI_SKIP_CONFIRMATIONS: "true" } });
        expect(ran.code).toBe(0);
        out = await outputs(on);
        expect(await answers()).toBe(true);
        expect(await marks()).toEqual({ role: expect.stringMatching(/^pgbouncer_2 .*pg-sidecar\/local"?$/), body: "pg-sidecar/local" });
        const after = await pulumi(on, ["preview", "--refresh", "--expect-no-changes"]);
        expect(after.code).toBe(0);
        expect(after.stdout + after.stderr).not.toContain("is marked as that of stack");

        await removeConfig(on, "rotation");
        out = await up(on);
        expect(await answers()).toBe(true);
    });

    test.each(["take it over", "remove it"])("is a stranger's if no state has them: %s", async (way) => {
        const dump = await dumpOfProd();
        await run("pulumi", ["destroy", ...changing], { env: on.env });
        await restore(dump);
        const trial = new Trial(on, "stranger", {});
        const { said } = await trial.preview();
        expect(said).toContain("role pgbouncer on 127.0.0.1");
        expect(said).toContain("belongs to stack pg-sidecar/prod");
        const env = { ...on.env, PULUMI_SKIP_CONFIRMATIONS: "true" };
        const fixes = [...said.matchAll(/belongs to stack pg-sidecar\/prod\s+Fix: (.*)/g)].map(([, fix = ""]) => fix);
        for (const fix of new Set(fixes)) {
            const command = way === "take it over" ? /take it over: (.*?), or remove it/.exec(fix)![1]! : /remove it: (.*)$/.exec(fix)![1]!;
            const ran = await attempt("bash", ["-c", command], { env });
            if (ran.code !== 0) throw new Error(command + ran.stdout + ran.stderr);
        }
        out = await up(on);
        expect(await answers()).toBe(true);
        expect(await marks()).toEqual({ role: expect.stringMatching(/^pgbouncer .*pg-sidecar\/local"?$/), body: "pg-sidecar/local" });
        expect((await pulumi(on, ["preview", "--refresh", "--expect-no-changes"])).code).toBe(0);
    });
});

describe("a stack of the same name on another Docker host, from another state", () => {
    let engine: ChildProcess;
    let folder: string;

    beforeAll(async () => {
        folder = fs.mkdtempSync(path.join(os.tmpdir(), "sidecar-engine-"));
        const paths = ["--data-root", `${folder}/data`, "--exec-root", `${folder}/exec`, "--pidfile", `${folder}/pid`];
        // In a network namespace of its own: with no bridge, an engine takes away the machine's docker0, which is another engine's.
        engine = spawn(
            "unshare",
            ["--net", "dockerd", ...paths, "-H", `unix://${folder}/sock`, "--bridge=none", "--iptables=false", "--ip6tables=false"],
            {
                stdio: "ignore",
            },
        );
        await until("another engine", 60, async () => (await attempt("docker", ["-H", `unix://${folder}/sock`, "version"])).code === 0);
    });

    afterAll(async () => {
        const ended = new Promise((resolve) => engine.on("exit", resolve));
        engine.kill("SIGTERM");
        await ended;
        fs.rmSync(folder, { recursive: true, force: true });
    });

    test("does not take the role from under the pooler that serves", async () => {
        const backend = { PULUMI_BACKEND_URL: `file://${folder}` };
        const trial = new Trial(on, "elsewhere", { "docker:host": `unix://${folder}/sock` });
        Object.assign(trial.env, backend, { DOCKER_HOST: `unix://${folder}/sock` });
        // Where it writes its salt: beside the Pulumi.yaml that it finds.
        fs.copyFileSync("Pulumi.yaml", path.join(folder, "Pulumi.yaml"));
        await run("pulumi", ["stack", "init", "local"], { env: trial.env, cwd: folder });
        expect(await answers()).toBe(true); // so that its lookups have a backend
        const before = await marks();
        const said = await trial.pulumi("up", ...changing);
        expect(said.code).not.toBe(0);
        expect(said.said).toMatch(
            /a pooler that is not this stack's on unix:.*role pgbouncer \(of stack pg-sidecar\/local\) has sessions, \d+ from 1/,
        );
        expect(await marks()).toEqual(before);
        expect(await answers()).toBe(true);
        const after = await trial.fixed("a pooler that is not this stack's");
        expect(after).not.toMatch(/- auth(User|Function): /);
        expect(trial.config()).toMatchObject({
            "pg-sidecar:authUser": "pgbouncer_local",
            "pg-sidecar:authFunction": "public.user_lookup_local",
        });
    });
});
