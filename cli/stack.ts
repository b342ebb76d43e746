import { execFile } from "child_process";
import * as path from "path";
import { promisify } from "util";
import { render } from "../findings/finding";
import { explainUnreachableEngine } from "../host/unreachableengine";
import { DockerHost, parseSettings, Settings } from "../settings/settings";

/** Why a command can't look at a stack, with the remedy: shown as its message alone. */
export class StackUnread extends Error {}

export const project = "pg-sidecar";

/** What the CLI prints as JSON about a stack. */
export async function askCli(stack: string, args: string[]): Promise<unknown> {
    try {
        const where = { cwd: path.join(__dirname, ".."), maxBuffer: 1 << 26 };
        const { stdout } = await promisify(execFile)("pulumi", [...args, "--stack", stack, "--non-interactive"], where);
        return JSON.parse(stdout);
    } catch (cause) {
        const { code, stderr = "", message } = cause as NodeJS.ErrnoException & { stderr?: string };
        if (code === "ENOENT") {
            throw new StackUnread(
                `pulumi is not on PATH.\nFix: install it (https://www.pulumi.com/docs/install), or on the lab: eval "$(lab/env)"`,
            );
        }
        const said = stderr.trim().replace(/^error: /, "") || message;
        if (/no stack named/.test(said)) {
            throw new StackUnread(`there is no stack ${stack} here (${said}).\nFix: name one that pulumi stack ls --all lists`);
        }
        throw new StackUnread(`pulumi ${args.slice(0, 2).join(" ")} failed for stack ${stack}: ${said}`);
    }
}

/** Rejects with what to say of a Docker engine that can't be reached. */
export function engineUnread(docker: DockerHost, stack: string): (cause: Error) => never {
    return (cause) => {
        throw new StackUnread(render(explainUnreachableEngine(cause, { docker, stack })));
    };
}

/** The settings that a run of the program on this stack would have. */
export async function configuredSettings(stack: string): Promise<Settings> {
    return settingsOf(stack, await askCli(stack, ["config", "--json", "--show-secrets"]));
}

/** The same, by what `pulumi config --json` prints. */
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

/** The stack that another program's command line means: its `--stack NAME` (of pulumi's `-s NAME` too), else the one that is selected. */
export async function stackOf(args: string[], program = "pulumi"): Promise<string> {
    const flag = program === "pulumi" ? /^(?:--stack|-s)(?:=(.*))?$/ : /^--stack(?:=(.*))?$/;
    for (const [at, arg] of args.entries()) {
        const named = flag.exec(arg);
        const name = named && (named[1] ?? args[at + 1]);
        if (name) return name;
    }
    return selectedStack();
}

/** The stack that is named, else the one that is selected. */
export async function selectedStack(named?: string): Promise<string> {
    if (named) return named;
    if (process.env.PULUMI_STACK) return process.env.PULUMI_STACK;
    const { stdout } = await promisify(execFile)("pulumi", ["stack", "--show-name"], { cwd: path.join(__dirname, "..") }).catch(() => ({
        stdout: "",
    }));
    if (stdout.trim() === "") throw new StackUnread(`no stack is named or selected.\nFix: give --stack NAME`);
    return stdout.trim();
}
