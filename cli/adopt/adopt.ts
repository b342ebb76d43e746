import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { lookupRole } from "../../components/authentication/rotation";
import { UserError } from "../../findings/errors";
import { upCommand } from "../../host/remedies";
import { explainUnreachableDatabase } from "../../host/unreachabledatabase";
import { ownedResources, StackState } from "../../preflight/state";
import { Settings } from "../../settings/settings";
import { pulumiFlags } from "../pulumiflags";
import { askCli, configuredSettings, project, selectedStack } from "../stack";
import { pulumi } from "../terminal";
import { withTunnelIfNeeded } from "../tunnel/tunnel";
import { AdoptOptions, importOptions } from "./command";
import { findByHand, Found } from "./found";
import { importFile } from "./importfile";
import { plan } from "./plan";

/** Imports a lookup role and function that are in no state into the stack's state. The database changes only with the next `pulumi up`. */
export async function adopt({ stack: named, ...flags }: AdoptOptions): Promise<number> {
    const stack = await selectedStack(named);
    const settings = await configuredSettings(stack);
    return withTunnelIfNeeded(settings, stack, async (env) => {
        const found = await find(stack, settings);
        if (!found.role && !found.lookup) {
            console.log(
                `nothing to adopt: role ${lookupRole(settings)} and function ${settings.authFunction} do not exist or are this stack's already`,
            );
            return 0;
        }
        console.log(plan(found, settings).join("\n"));
        const code = await importFound(found, settings, [
            ...["--stack", stack],
            ...pulumiFlags(importOptions, flags.yes ? { ...flags, skipPreview: true } : flags),
        ], env); // prettier-ignore
        if (code === 0) console.log(`adopted. Now: ${upCommand(settings, stack)}`);
        return code;
    });
}

async function find(stack: string, settings: Settings): Promise<Found> {
    const state = (await askCli(stack, ["stack", "export"])) as StackState;
    return findByHand(settings, ownedResources(state, `${project}/${settings.stack}`)).catch((cause: Error) => {
        throw cause instanceof UserError ? cause : UserError.of(explainUnreachableDatabase(cause, settings));
    });
}

/** Runs `pulumi import`, which shows what it does and asks. */
async function importFound(found: Found, settings: Settings, flags: string[], env: NodeJS.ProcessEnv): Promise<number> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "pg-sidecar-adopt-"));
    try {
        const file = path.join(folder, "import.json");
        fs.writeFileSync(file, JSON.stringify(importFile(found, settings)));
        return await pulumi(["import", "--file", file, "--protect=false", "--generate-code=false", ...flags], env);
    } finally {
        fs.rmSync(folder, { recursive: true });
    }
}
