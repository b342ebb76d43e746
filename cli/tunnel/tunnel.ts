import { viaTunnel } from "../../host/remedies";
import { inspectHost } from "../../host/containers";
import { Settings } from "../../settings/settings";
import { misused } from "../command";
import { configuredSettings, rejectUnreachable, selectedStack, shortName, stackIn } from "../stack";
import { runInTerminal } from "../terminal";
import { TunnelOptions } from "./command";
import { openTunnel } from "./forward";
import { routeTo } from "./route";

/** Runs a command with a tunnel open. */
export async function tunnel({ stack: named }: TunnelOptions, [program = "", ...args]: string[]): Promise<number> {
    const stack = await selectedStack(theStack(named, program, args));
    const settings = await configuredSettings(stack);
    // Pulumi finds the program in the project; any other command has the folder in which the person is.
    const cwd = program === "pulumi" ? {} : { cwd: process.env.SIDECAR_FROM };
    return withTunnel(settings, stack, (env) => runInTerminal(program, args, { ...cwd, env }));
}

/** The stack that tunnel's or the command's own --stack names; throws a Misused if they name two. */
export function theStack(named: string | undefined, program: string, args: string[]): string | undefined {
    const own = stackIn(args, program);
    if (named && own && shortName(named) !== shortName(own)) {
        throw misused("./sidecar tunnel", `the tunnel would be stack ${named}'s, but the command's --stack is ${own}`);
    }
    return named ?? own;
}

/** Names the open tunnel in the environment of what runs under it. */
const variable = "SIDECAR_TUNNEL";

const nameOf = ({ stack, docker, databaseHost, databaseServer }: Settings) =>
    [stack, docker.host, databaseHost, databaseServer.port].join(" ");

/**
 * Does `work` with a tunnel to the stack's database open: the one under which this process runs, else one of its own.
 * `work` gets the environment for the programs that it runs.
 */
export async function withTunnel<T>(settings: Settings, stack: string, work: (env: NodeJS.ProcessEnv) => Promise<T>): Promise<T> {
    const env = { [variable]: nameOf(settings), PULUMI_STACK: stack };
    if (process.env[variable] === env[variable]) return work(env);
    const host = await inspectHost(settings.docker).catch(rejectUnreachable(settings.docker, stack));
    const route = routeTo(settings, host);
    const open = await openTunnel(settings, route, (why) => console.error(`tunnel: it ended before the command did: ${why}`));
    console.error(
        `tunnel: 127.0.0.1:${route.localPort} leads to ${settings.databaseHost} (${route.address}:${route.port}) while this runs`,
    );
    try {
        return await work(env);
    } finally {
        open.close();
    }
}

/** The same for a stack whose database is reached through its ssh host; for any other, `work` alone. */
export function withTunnelIfNeeded<T>(settings: Settings, stack: string, work: (env: NodeJS.ProcessEnv) => Promise<T>): Promise<T> {
    return viaTunnel(settings) === "" ? work({}) : withTunnel(settings, stack, work);
}
