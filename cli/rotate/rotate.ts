import { z } from "zod";
import { configRemove, configSet } from "../../findings/commands";
import { UserError } from "../../findings/errors";
import { ownCommand, upCommand } from "../../host/remedies";
import { StackState } from "../../preflight/state";
import { Settings } from "../../settings/settings";
import { pulumiFlags } from "../pulumiflags";
import { askCli, configuredSettings, selectedStack } from "../stack";
import { pulumi } from "../terminal";
import { withTunnelIfNeeded } from "../tunnel/tunnel";
import { RotateOptions, upOptions } from "./command";
import { nextRotation } from "./next";

/** Gives the lookup role a new password. */
export async function rotate({ stack: named, ...flags }: RotateOptions): Promise<number> {
    const stack = await selectedStack(named);
    const { settings, deployed, next } = await readRotation(stack);
    return withTunnelIfNeeded(settings, stack, async (env) => {
        const set = await pulumi(["config", "set", "--stack", stack, "rotation", String(next)]);
        if (set !== 0) return set;
        console.error(
            next === deployed
                ? `rotate: rotation ${next} has not finished; resuming it. Run this command again afterwards to rotate once more.`
                : `rotate: rotation ${deployed} → ${next} (commit the stack's settings file with it)`,
        );
        const code = await pulumi(["up", "--stack", stack, ...pulumiFlags(upOptions, flags)], env);
        if (code !== 0) {
            const now = await deployedRotation(stack).catch(() => undefined);
            console.error(`rotate: ${unfinished(settings, { stack, deployed: now ?? deployed, next })}`);
        }
        return code;
    });
}

/** What is left to do after an `up` that failed, or that somebody declined. */
function unfinished(settings: Settings, { stack, deployed, next }: { stack: string; deployed: number; next: number }): string {
    const resume = `rotation is set to ${next}, and \`up\` has not finished it. To resume: ${ownCommand({ stack }, "rotate")}`;
    if (next === deployed) return resume; // the rotation before it is no longer deployed
    const drop = deployed === 0 ? configRemove({ stack }, "rotation") : configSet({ stack }, "rotation", String(deployed)); // 0 is the default
    return `${resume}. To drop it: ${drop}; ${upCommand(settings, stack)}`;
}

/** The rotation with which the stack was last deployed; undefined if it has none. */
async function deployedRotation(stack: string): Promise<number | undefined> {
    const outputs = z.object({ deployed: z.object({ rotation: z.number() }) });
    return outputs.safeParse(await askCli(stack, ["stack", "output", "--json"])).data?.deployed.rotation;
}

/**
 * The rotation that is deployed and the one to deploy now. What is deployed counts, not what is set: after an `up` that
 * failed, the next one is the same, even if all that is left to do is to drop the role before it.
 */
async function readRotation(stack: string): Promise<{ settings: Settings; deployed: number; next: number }> {
    const deployed = await deployedRotation(stack); // first and alone: it fails if the stack does not exist
    const [settings, state] = await Promise.all([configuredSettings(stack), askCli(stack, ["stack", "export"])]);
    if (deployed === undefined) {
        throw new UserError(
            `stack ${stack} has no deployed rotation: it is not up, or an older version of this program deployed it`,
            upCommand(settings, stack),
        );
    }
    const { rotation: configured, authUser } = settings;
    return { settings, deployed, next: nextRotation({ deployed, configured, state: state as StackState, authUser }) };
}
