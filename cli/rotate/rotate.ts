import { z } from "zod";
import { upCommand } from "../../host/remedies";
import { StackState } from "../../preflight/state";
import { Command, runCommand } from "../commandline";
import { askCli, configuredSettings, selectedStack, StackUnread } from "../stack";
import { runInTerminal } from "../terminal";
import { nextRotation } from "./next";

/** Flags of `pulumi up` that make sense for a rotation: none that would leave a part of it out. */
const upOptions = {
    yes: { type: "boolean", short: "y" },
    "skip-preview": { type: "boolean", short: "f" },
    refresh: { type: "boolean", short: "r" },
    diff: { type: "boolean" },
    "non-interactive": { type: "boolean" },
    "suppress-outputs": { type: "boolean" },
    "suppress-progress": { type: "boolean" },
    color: { type: "string" },
    message: { type: "string", short: "m" },
} as const;
const options = { stack: { type: "string", short: "s" }, ...upOptions } as const;
const command: Command<typeof options> = {
    name: "rotate",
    usage: `npm run rotate -- [--stack NAME] [FLAG…]

Gives the lookup role a new password: counts the setting rotation up and runs pulumi up.
These flags of pulumi up are handed on to it: ${Object.keys(upOptions)
        .map((name) => `--${name}`)
        .join(", ")}`,
    options,
};

/**
 * Gives the lookup role a new password: sets `rotation` to one more than what is deployed and runs `pulumi up`. What is
 * deployed counts, not what is set: after an `up` that failed, the same command goes on with the same rotation, also where
 * nothing but the role before it was left to be taken away.
 */
async function main({ stack: named, ...flags }: { stack?: string; [flag: string]: string | boolean | undefined }): Promise<number> {
    const stack = await selectedStack(named);
    const told = await askCli(stack, ["stack", "output", "--json"]); // the first call tells that the stack is there
    const [settings, state] = await Promise.all([configuredSettings(stack), askCli(stack, ["stack", "export"])]);
    const outputs = z.object({ deployed: z.object({ rotation: z.number() }) }).safeParse(told);
    if (!outputs.success) {
        throw new StackUnread(
            `stack ${stack} tells no rotation that could be counted up: it is not up, or of an older version.\n` +
                `Fix: ${upCommand(settings, stack)}`,
        );
    }
    const { rotation: deployed } = outputs.data.deployed;
    const rotation = nextRotation({ deployed, configured: settings.rotation, state: state as StackState, authUser: settings.authUser });
    const set = await runInTerminal("pulumi", ["config", "set", "--stack", stack, "rotation", String(rotation)]);
    if (set !== 0) return set;
    console.error(
        rotation === deployed
            ? `rotate: rotation ${rotation} is not through yet: going on with it (for another one, run this again then)`
            : `rotate: rotation ${deployed} → ${rotation} (commit the stack's settings file with it)`,
    );
    return runInTerminal("pulumi", ["up", "--stack", stack, ...upFlags(flags)]);
}

/** The flags as `pulumi up` takes them. */
function upFlags(flags: Record<string, string | boolean | undefined>): string[] {
    return Object.entries(flags).map(([name, value]) => (typeof value === "string" ? `--${name}=${value}` : `--${name}`));
}

runCommand(command, main);
