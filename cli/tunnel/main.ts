import { inspectHost } from "../../host/containers";
import { Misused, run } from "../commandline";
import { configuredSettings, engineUnread, stackOf } from "../stack";
import { runInTerminal } from "../terminal";
import { routeTo } from "./route";
import { openTunnel } from "./forward";

const usage = `npm run tunnel -- COMMAND [ARGUMENT…]

Runs COMMAND while a way to the stack's database through its ssh Docker host is open, as in:
    npm run tunnel -- pulumi up --stack stage
    PULUMI_STACK=stage npm run tunnel -- psql -h 127.0.0.1 -p 15432 -U postgres

The stack is that of COMMAND's --stack, else PULUMI_STACK, else the one that is selected.`;

function begin([program, ...args]: string[]): Promise<number> | "help" {
    if (program === "--help" || program === "-h") return "help";
    if (program === undefined) throw new Misused("which command is to have the tunnel?");
    if (program.startsWith("-")) throw new Misused(`there is no option ${program}`);
    return main(program, args);
}

async function main(program: string, args: string[]): Promise<number> {
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

run({ name: "tunnel", usage }, () => begin(process.argv.slice(2)));
