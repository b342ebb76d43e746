import { inspectHost } from "../preflight/dockerhost";
import { configuredSettings, engineUnread, stackOf, StackUnread } from "../stackcli";
import { runCommand, runInTerminal } from "../terminal";
import { routeTo } from "./route";
import { openTunnel } from "./forward";

const usage = "npm run tunnel -- COMMAND…   (as: npm run tunnel -- pulumi up --stack stage)";

async function main(): Promise<number> {
    const [program, ...args] = process.argv.slice(2);
    if (program === undefined) throw new StackUnread(`which command is to have the tunnel?\nMend it: ${usage}`);
    const stack = await stackOf(args, program);
    const settings = await configuredSettings(stack);
    const host = await inspectHost(settings.docker).catch(engineUnread(settings.docker, stack));
    const route = routeTo(settings, host);
    const tunnel = await openTunnel(settings, route, (why) => console.error(`tunnel: it ended before the command did: ${why}`));
    console.error(
        `tunnel: 127.0.0.1:${route.localPort} leads to ${settings.databaseHost} (${route.address}:${route.port}) while this runs`,
    );
    try {
        return await runInTerminal(program, args);
    } finally {
        tunnel.close();
    }
}

runCommand("tunnel", main);
