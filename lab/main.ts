import { ensureDatabase, removeDatabase } from "./database";
import { stopDaemon } from "./daemon";
import { ensureEngine, stopEngine } from "./engine";
import { Identity, identity } from "./identity";
import { ensureImages } from "./images";
import { lab as labFolder } from "./paths";
import { attempt, run } from "./run";
import { environment, ensureStack } from "./stackconfig";
import { say, step } from "./step";
import { ensureCli, ensurePlugins } from "./toolchain";
import * as fs from "fs";

/** Makes sure of all that the program needs to run here: toolchain, engine, images, the existing database, the stack. */
async function ensureLab(): Promise<Identity> {
    const lab = await identity();
    const settled = await Promise.allSettled([
        (async () => {
            await step("cli", ensureCli);
            await step("plugins", ensurePlugins);
        })(),
        (async () => {
            await step("engine", ensureEngine);
            await step("images", () => ensureImages(lab));
            await step("database", () => ensureDatabase(lab));
        })(),
    ]);
    for (const one of settled) if (one.status === "rejected") throw one.reason;
    await step("stack", () => ensureStack(lab));
    return lab;
}

type Outputs = Record<"pgadminUrl" | "pgadminEmail" | "pgadminPassword" | "poolerAddress" | "pgbouncerContainer" | "psql", string>;

async function up(): Promise<void> {
    const lab = await ensureLab();
    const env = environment(lab);
    say("up", "pulumi up --stack local");
    await step("up", async () => {
        await run("pulumi", ["up", "--yes", "--skip-preview", "--color", "never", "--suppress-progress"], { env, show: true, log: "up" });
        return "the stack stands";
    });
    const out = JSON.parse(await run("pulumi", ["stack", "output", "--json", "--show-secrets"], { env })) as Outputs;
    await step("query", async () => {
        const [host, port] = out.poolerAddress.split(":") as [string, string];
        const query =
            "SELECT 'hello from ' || current_database() || ' as ' || current_user || ', ' || count(*) || ' rows ingested' FROM tracksolid.ingestion_log";
        // The password goes in by standard input: an argument would show in the process list.
        const shell = `read -r PGPASSWORD; export PGPASSWORD; exec psql -h ${host} -p ${port} -U postgres -d tracksolid_db -Atqc "${query}"`;
        const said = await run("docker", ["exec", "-i", out.pgbouncerContainer, "sh", "-c", shell], { input: `${lab.databasePassword}\n` });
        return `through the pooler: ${said.trim()}`;
    });
    console.log(`
  pgAdmin   ${out.pgadminUrl}
  login     ${out.pgadminEmail}
  password  ${out.pgadminPassword}
  psql      ${out.psql}
            (password of postgres, here as in pgAdmin's server entry: ${lab.databasePassword})
  proof     npm run verify -- --stack local
  by hand   eval "$(lab/env)", then plain pulumi, docker and psql
`);
}

async function preview(): Promise<void> {
    const env = environment(await ensureLab());
    await run("pulumi", ["preview", "--diff", "--color", "never"], { env, show: true });
}

async function down(args: string[]): Promise<void> {
    const unknown = args.filter((arg) => arg !== "--volumes");
    if (unknown.length > 0) throw new Error(`npm run down takes --volumes only, not ${unknown.join(" ")}`);
    if (!fs.existsSync(labFolder)) return say("down", "there is no lab here");
    const volumes = args.includes("--volumes");
    const lab = await identity();
    const env = environment(lab);
    if ((await attempt("docker", ["version"])).code === 0) {
        if ((await attempt("pulumi", ["stack", "--stack", "local"], { env })).code === 0) {
            await step("destroy", async () => {
                await run("pulumi", ["destroy", "--yes", "--skip-preview", "--color", "never", "--suppress-progress"], {
                    env,
                    show: true,
                    log: "destroy",
                });
                return volumes
                    ? "the stack is gone"
                    : "the stack is gone; the volume pgadmin-data is kept (npm run down -- --volumes deletes it)";
            });
        }
        await step("database", async () => {
            await removeDatabase(lab, volumes);
            return volumes ? "gone, with its data" : "gone; its data is kept";
        });
        if (volumes) await attempt("docker", ["volume", "rm", "pgadmin-data"]);
        await step("engine", stopEngine);
    }
    await step("registry", async () => ((await stopDaemon("registry")) ? "stopped" : "not running"));
}

/** Prints `export` lines for `eval "$(lab/env)"`. */
async function env(): Promise<void> {
    const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
    for (const [key, value] of Object.entries(environment(await identity()))) console.log(`export ${key}=${quote(value)}`);
}

const commands: Record<string, (args: string[]) => Promise<unknown>> = { up, preview, down, env, ensure: ensureLab };

const [name = "", ...args] = process.argv.slice(2);
const command = commands[name];
if (!command) {
    console.error(`lab: there is no command ${JSON.stringify(name)}, only ${Object.keys(commands).join(", ")}`);
    process.exit(2);
}
command(args).catch((cause: Error) => {
    console.error(`\n${name}: ${cause.message}`);
    console.error(`\nNothing is lost: mend it and run the same command again; it goes on from here. Logs are in .lab/log/.`);
    process.exit(1);
});
