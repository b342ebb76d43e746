import * as fs from "fs";
import { shellWord } from "../findings/quoting";
import { stopDaemon } from "./daemon";
import { ensureDatabase, removeDatabase } from "./database";
import { ensureEngine, stopEngine } from "./engine";
import { Identity, identity } from "./identity";
import { ensureImages } from "./images";
import { lab as labFolder } from "./paths";
import { attempt, run } from "./run";
import { environment, ensureStack } from "./stackconfig";
import { live, runSteps, say, step } from "./step";
import { ensureCli, ensurePlugins } from "./toolchain";

/** Brings up the lab, deploys the stack there, queries through the pooler and prints the next steps. */
export const up = () =>
    explained("up", async () => {
        const lab = await ensureLab();
        const env = environment(lab);
        await pulumi("up", env, "the stack is up");
        const out = JSON.parse(await run("pulumi", ["stack", "output", "--json", "--show-secrets"], { env })) as Outputs;
        await step("query", () => query(lab, out));
        console.log(nextSteps(lab, out));
    });

/** Brings up the lab and previews the stack there. */
export const preview = () =>
    explained("preview", async () => {
        const env = environment(await ensureLab());
        await run("pulumi", ["preview", "--diff", "--color", "never"], { env, show: true });
    });

/** Destroys the stack and removes the lab's database, engine and registry; their data too if `volumes` is set. */
export const down = ({ volumes = false }: { volumes?: boolean }) =>
    explained("down", async () => {
        if (!fs.existsSync(labFolder)) return say("down", "there is no lab here");
        const lab = await identity();
        const env = environment(lab);
        if ((await attempt("docker", ["version"])).code === 0) {
            if ((await attempt("pulumi", ["stack", "--stack", "local"], { env })).code === 0) {
                const kept = "; the volume pgadmin-data is kept (./sidecar down --volumes deletes it)";
                await pulumi("destroy", env, `the stack is gone${volumes ? "" : kept}`);
            }
            await step("database", async () => {
                await removeDatabase(lab, volumes);
                return volumes ? "gone, with its data" : "gone; its data is kept";
            });
            if (volumes) await attempt("docker", ["volume", "rm", "pgadmin-data"]);
            await step("engine", stopEngine);
        } else {
            say("engine", "not running, so the stack and the database are still there. Fix: ./sidecar up, then this again");
        }
        await step("registry", async () => ((await stopDaemon("registry")) ? "stopped" : "not running"));
    });

/** Prints `export` lines for `eval "$(./sidecar env)"`. */
export const env = () =>
    explained("env", async () => {
        for (const [key, value] of Object.entries(environment(await identity()))) console.log(`export ${key}=${shellWord(value)}`);
    });

/** Brings up the lab and deploys nothing. */
export const ensure = () => explained("ensure", ensureLab);

/** Does a command's work and resolves with its exit code. */
async function explained(name: string, work: () => Promise<unknown>): Promise<number> {
    try {
        await work();
        return 0;
    } catch (cause) {
        console.error(`\n${name}: ${(cause as Error).message}`);
        console.error(`\nFix: the cause above, then run the same command again: it continues from here. Logs are in .lab/log/.`);
        return 1;
    }
}

/** Makes sure of all that the program needs to run here: toolchain, engine, images, the existing database, the stack. */
async function ensureLab(): Promise<Identity> {
    const lab = await identity();
    await runSteps(
        [
            { name: "cli", bare: "about 6 min", work: ensureCli },
            { name: "plugins", bare: "about 2 min", work: ensurePlugins },
        ],
        [
            { name: "engine", bare: "about 20 s", work: ensureEngine },
            { name: "images", bare: "about 3 min", work: () => ensureImages(lab) },
            { name: "database", bare: "about 10 s", work: () => ensureDatabase(lab) },
        ],
    );
    await step("stack", () => ensureStack(lab));
    return lab;
}

/** Runs a command of Pulumi's that changes the stack as a step that ends with `done`, and shows all that it prints. */
async function pulumi(command: "up" | "destroy", env: Record<string, string>, done: string): Promise<void> {
    const flags = ["--yes", "--skip-preview", "--color", "never", "--suppress-progress"];
    let output = "";
    try {
        await step(command, async () => {
            say(command, `pulumi ${command} --stack local`);
            const ran = await attempt("pulumi", [command, ...flags], { env, show: !live(), log: command });
            output = ran.stdout + ran.stderr;
            if (ran.code !== 0) throw new Error(`pulumi failed with exit code ${ran.code}, for the reason above`);
            return done;
        });
    } finally {
        if (live()) console.log(output); // the live list shows one line of it at a time
    }
}

type Outputs = Record<"poolerAddress" | "pgbouncerContainer" | "psql", string> &
    Partial<Record<"pgadminUrl" | "pgadminEmail" | "pgadminPassword", string>>;

/** Asks the database through the pooler. */
async function query(lab: Identity, { poolerAddress, pgbouncerContainer }: Outputs): Promise<string> {
    const [host, port] = poolerAddress.split(":") as [string, string];
    const sql =
        "SELECT 'hello from ' || current_database() || ' as ' || current_user || ', ' || count(*) || ' rows ingested' FROM tracksolid.ingestion_log";
    // The password goes in by standard input: an argument would show in the process list.
    const shell = `read -r PGPASSWORD; export PGPASSWORD; exec psql -h ${host} -p ${port} -U postgres -d tracksolid_db -Atqc "${sql}"`;
    const answer = await run("docker", ["exec", "-i", pgbouncerContainer, "sh", "-c", shell], { input: `${lab.databasePassword}\n` });
    return `through the pooler: ${answer.trim()}`;
}

const toPgadmin = ({ pgadminUrl, pgadminEmail, pgadminPassword }: Outputs) =>
    pgadminUrl === undefined ? "" : `  pgAdmin   ${pgadminUrl}\n  login     ${pgadminEmail}\n  password  ${pgadminPassword}\n`;

const nextSteps = ({ databasePassword }: Identity, out: Outputs) => `
${toPgadmin(out)}  psql      ${out.psql}
            (password of postgres, here and in pgAdmin's server entry: ${databasePassword})
  verify    ./sidecar verify --stack local
  by hand   eval "$(./sidecar env)", then plain pulumi, docker and psql
  remove    ./sidecar down --volumes
`;
