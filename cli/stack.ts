import { execFile } from "child_process";
import * as path from "path";
import { promisify } from "util";
import { shortName } from "../findings/commands";
import { UserError } from "../findings/errors";
import { explainUnreachableEngine } from "../host/unreachableengine";
import { DockerHost, parseSettings, Settings } from "../settings/settings";
import { isPulumi } from "./terminal";

export const project = "pg-sidecar";

type Failure = NodeJS.ErrnoException & { stderr?: string };

/** Runs the Pulumi CLI in the project and resolves with its output; rejects with a Failure. */
async function output(args: string[]): Promise<string> {
    const options = { cwd: path.join(__dirname, ".."), maxBuffer: 1 << 26 };
    return (await promisify(execFile)("pulumi", args, options)).stdout;
}

const notOnPath = () =>
    new UserError("pulumi is not on PATH.", `install it (https://www.pulumi.com/docs/install); for the lab's: eval "$(./sidecar env)"`);

/** What the Pulumi CLI printed on a failure, without its prefix. */
const complaint = ({ stderr = "", message }: Failure) => stderr.trim().replace(/^error: /, "") || message;

/** What the CLI prints as JSON about a stack. */
export async function askCli(stack: string, args: string[]): Promise<unknown> {
    try {
        return JSON.parse(await output([...args, "--stack", stack, "--non-interactive"]));
    } catch (cause) {
        if ((cause as Failure).code === "ENOENT") throw notOnPath();
        const why = complaint(cause as Failure);
        if (/no stack named/.test(why)) {
            throw new UserError(`there is no stack ${stack} here (${why}).`, "name one that pulumi stack ls --all lists");
        }
        throw new UserError(`pulumi ${args.slice(0, 2).join(" ")} failed for stack ${stack}: ${why}`);
    }
}

/** Rejects with the explanation of a Docker engine that cannot be reached. */
export function rejectUnreachable(docker: DockerHost, stack: string): (cause: Error) => never {
    return (cause) => {
        throw UserError.of(explainUnreachableEngine(cause, { docker, stack }));
    };
}

/** The settings that a run of the program on this stack would have. */
export async function configuredSettings(stack: string): Promise<Settings> {
    return settingsOf(stack, await askCli(stack, ["config", "--json", "--show-secrets"]));
}

/** The same, from what `pulumi config --json` prints. */
export function settingsOf(stack: string, config: unknown, env: NodeJS.ProcessEnv = process.env): Settings {
    const entries = Object.entries(config as Record<string, { value?: string; secret: boolean }>);
    return parseSettings({
        project,
        stack: shortName(stack),
        values: Object.fromEntries(entries.map(([key, { value }]) => [key, value ?? ""])),
        secretKeys: entries.filter(([, { secret }]) => secret).map(([key]) => key),
        env,
    });
}

const long = /^--stack(?:=(.*))?$/;

/** pulumi's `-s NAME`, `-sNAME` or `-s=NAME`. Only flags without a value come before it in a cluster: the rest of `-mWORDS` is a message. */
const short = /^-[adefghjlQry]*s(?:=?(.+))?$/;

/** The stack that another program's command line names: its `--stack NAME`, or pulumi's `-s NAME`. */
export function stackIn(args: string[], program = "pulumi"): string | undefined {
    for (const [at, arg] of args.entries()) {
        const named = long.exec(arg) ?? (isPulumi(program) ? short.exec(arg) : null);
        const name = named && (named[1] ?? args[at + 1]);
        if (name) return name;
    }
    return undefined;
}

/** The stack that is named, else the selected one: PULUMI_STACK, or what `pulumi stack select` chose. */
export async function selectedStack(named = process.env.PULUMI_STACK): Promise<string> {
    if (named) return named;
    const selected = await output(["stack", "--show-name", "--non-interactive"]).catch((cause: Failure) => {
        if (cause.code === "ENOENT") throw notOnPath();
        throw new UserError(`no stack is named, and pulumi says: ${complaint(cause)}`, "add --stack NAME");
    });
    return selected.trim();
}
