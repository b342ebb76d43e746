import { shortName } from "../../findings/commands";
import { viaTunnel } from "../../host/remedies";
import { tunnelName, tunnelVariable } from "../../host/tunnelname";
import { inspectHost } from "../../host/containers";
import { Settings } from "../../settings/settings";
import { misused } from "../command";
import { configuredSettings, rejectUnreachable, selectedStack, stackIn } from "../stack";
import { folderOf, runInTerminal } from "../terminal";
import { TunnelOptions } from "./command";
import { answers, openTunnel } from "./forward";
import { routeTo } from "./route";

/** Runs a command with a tunnel open. */
export async function tunnel({ stack: named }: TunnelOptions, [program = "", ...args]: string[]): Promise<number> {
    const stack = await selectedStack(theStack(named, program, args));
    const settings = await configuredSettings(stack);
    return withTunnel(settings, stack, (env) => runInTerminal(program, args, { ...folderOf(program), env }));
}

/** The stack in the --stack of the tunnel or of the command. Throws a Misused if they differ. */
export function theStack(named: string | undefined, program: string, args: string[]): string | undefined {
    const own = stackIn(args, program);
    if (named && own && shortName(named) !== shortName(own)) {
        throw misused("./sidecar tunnel", `the tunnel is for stack ${named}, but the command's --stack is ${own}`);
    }
    return named ?? own;
}

/**
 * Whether this process runs in the tunnel of that name. A shell outlives its tunnel if ssh ends, and still has the variable; nobody
 * listens then. A tunnel is open also if its database does not answer.
 */
async function isOpen(name: string, port: number): Promise<boolean> {
    if (process.env[tunnelVariable] !== name) return false;
    return answers(port).then(
        () => true,
        ({ code }: NodeJS.ErrnoException) => code !== "ECONNREFUSED",
    );
}

/**
 * Opens a tunnel to the stack's database for the time of `work`, unless this process runs in that tunnel already. `work` gets
 * the environment for the programs that it runs.
 */
export async function withTunnel<T>(settings: Settings, stack: string, work: (env: NodeJS.ProcessEnv) => Promise<T>): Promise<T> {
    const name = tunnelName(settings);
    const env = { [tunnelVariable]: name, PULUMI_STACK: stack };
    if (await isOpen(name, settings.databaseServer.port)) return work(env);
    const host = await inspectHost(settings.docker).catch(rejectUnreachable(settings.docker, stack));
    const route = routeTo(settings, host);
    const open = await openTunnel(settings, route, (why) => console.error(`tunnel: it closed before the command ended: ${why}`));
    console.error(
        `tunnel: 127.0.0.1:${route.localPort} leads to ${settings.databaseHost} (${route.address}:${route.port}) while this runs`,
    );
    try {
        return await work(env);
    } finally {
        open.close();
    }
}

/** The same if the database is reached through the ssh host. Otherwise it only does the work. */
export function withTunnelIfNeeded<T>(settings: Settings, stack: string, work: (env: NodeJS.ProcessEnv) => Promise<T>): Promise<T> {
    return viaTunnel(settings) === "" ? work({}) : withTunnel(settings, stack, work);
}
