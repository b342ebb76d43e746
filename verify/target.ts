import { execFile } from "child_process";
import * as path from "path";
import { promisify } from "util";
import { z } from "zod";
import { Deployed, deployedSchema } from "../deployed";
import { ask } from "../preflight/engine";
import { parseSettings, Settings } from "../settings";

/** A stack that stands: what was deployed, by its outputs, and how to reach it, by its settings. */
export interface Target {
    /** As the CLI names it. */
    stack: string;
    /** As its containers' labels name it, `project/stack`. */
    owner: string;
    deployed: Deployed;
    outputs: Outputs;
    docker: Settings["docker"];
    /** Login of the provider: the sessions of verify are its. */
    login: { user: string; password: string };
    /** How a person calls docker and psql (which asks for the password) from here, for remedies. */
    dockerCommand: string;
    psqlCommand: string;
}

/** The outputs that verify reads. */
const outputsSchema = z.object({
    pgbouncerContainer: z.string(),
    pgadminContainer: z.string(),
    pgbouncerIni: z.string(),
    backendBudget: z.number(),
    networks: z.object({ database: z.string() }),
    deployed: deployedSchema,
});
type Outputs = z.infer<typeof outputsSchema>;

/** Why nothing could be verified, with the remedy. */
export class CannotVerify extends Error {}

const project = "pg-sidecar";

/** Reads the stack from the CLI, and makes sure that its Docker engine answers. */
export async function findTarget(stack: string): Promise<Target> {
    // The first call tells that the stack is there; each takes a second.
    const [outputs, config] = await Promise.all([
        pulumi(stack, ["stack", "output", "--json", "--show-secrets"]),
        pulumi(stack, ["config", "--json", "--show-secrets"]),
    ]);
    const settings = settingsOf(stack, config);
    const target = targetOf(stack, outputs, settings);
    await ask(target.docker, "/version").catch((cause: Error) => {
        throw new CannotVerify(
            `the Docker engine at ${target.docker.host} can't be reached from here (${cause.message}).\n` +
                `Mend it: start it, or: pulumi config set --stack ${stack} docker:host ssh://USER@HOST`,
        );
    });
    return target;
}

async function pulumi(stack: string, args: string[]): Promise<unknown> {
    try {
        const where = { cwd: path.join(__dirname, ".."), maxBuffer: 1 << 26 };
        const { stdout } = await promisify(execFile)("pulumi", [...args, "--stack", stack, "--non-interactive"], where);
        return JSON.parse(stdout);
    } catch (cause) {
        const { code, stderr = "", message } = cause as NodeJS.ErrnoException & { stderr?: string };
        if (code === "ENOENT") {
            throw new CannotVerify(
                `pulumi is not on PATH.\nMend it: install it (https://www.pulumi.com/docs/install), or on the lab: eval "$(lab/env)"`,
            );
        }
        const said = stderr.trim().replace(/^error: /, "") || message;
        if (/no stack named/.test(said)) {
            throw new CannotVerify(`there is no stack ${stack} here (${said}).\nMend it: name one that pulumi stack ls --all lists`);
        }
        throw new CannotVerify(`pulumi ${args.slice(0, 2).join(" ")} failed for stack ${stack}: ${said}`);
    }
}

/** The settings, by what `pulumi config --json` prints. */
export function settingsOf(stack: string, config: unknown, env: NodeJS.ProcessEnv = process.env): Settings {
    const entries = Object.entries(config as Record<string, { value?: string; secret: boolean }>);
    return parseSettings({
        project,
        stack: stack.split("/").at(-1)!,
        values: Object.fromEntries(entries.map(([key, { value }]) => [key, value ?? ""])),
        secretKeys: entries.filter(([, { secret }]) => secret).map(([key]) => key),
        env,
    });
}

/** The target, by what `pulumi stack output --json` prints. */
export function targetOf(stack: string, outputs: unknown, settings: Settings): Target {
    if (Object.keys(outputs as object).length === 0) {
        throw new CannotVerify(`stack ${stack} is not up: it has no outputs.\nMend it: pulumi up --stack ${stack}`);
    }
    const parsed = outputsSchema.safeParse(outputs);
    if (!parsed.success) {
        const lacks = [...new Set(parsed.error.issues.map(({ path }) => path.join(".")))].join(", ");
        throw new CannotVerify(
            `the outputs of stack ${stack} are of another version of this program (not as expected: ${lacks}).\n` +
                `Mend it: pulumi up --stack ${stack}`,
        );
    }
    const { host, port, username: user, password } = settings.databaseServer;
    return {
        stack,
        owner: `${project}/${settings.stack}`,
        deployed: parsed.data.deployed,
        outputs: parsed.data,
        docker: settings.docker,
        login: { user, password },
        dockerCommand: /^unix:/.test(settings.docker.host) ? "docker" : `docker -H ${settings.docker.host}`,
        psqlCommand: `psql -h ${host} -p ${port} -U ${user} -d ${parsed.data.deployed.databases[0]}`,
    };
}
