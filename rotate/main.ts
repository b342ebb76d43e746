import { z } from "zod";
import { upCommand } from "../preflight/commands";
import { StackState } from "../preflight/state";
import { askCli, configuredSettings, stackOf, StackUnread } from "../stackcli";
import { runCommand, runInTerminal } from "../terminal";
import { nextRotation } from "./next";

const usage = "npm run rotate -- --stack NAME   (more flags are pulumi up's)";

/**
 * Gives the lookup role a new password: sets `rotation` to one more than what is deployed and runs `pulumi up`. What is
 * deployed counts, not what is set: after an `up` that failed, the same command goes on with the same rotation, also where
 * nothing but the role before it was left to be taken away.
 */
async function main(): Promise<number> {
    const args = process.argv.slice(2);
    const stack = await stackOf(args);
    const told = await askCli(stack, ["stack", "output", "--json"]); // the first call tells that the stack is there
    const [settings, state] = await Promise.all([configuredSettings(stack), askCli(stack, ["stack", "export"])]);
    const outputs = z.object({ deployed: z.object({ rotation: z.number() }) }).safeParse(told);
    if (!outputs.success) {
        throw new StackUnread(
            `stack ${stack} tells no rotation that could be counted up: it is not up, or of an older version.\n` +
                `Mend it: ${upCommand(settings, stack)}`,
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
    return runInTerminal("pulumi", ["up", "--stack", stack, ...args]); // a --stack among them says the same again
}

runCommand("rotate", main, usage);
