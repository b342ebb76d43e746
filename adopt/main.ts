import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { lookupRole } from "../components/authentication/rotation";
import { upCommand } from "../preflight/commands";
import { whyUnreached } from "../preflight/databaseerrors";
import { forStack } from "../preflight/finding";
import { configuredSettings, stackOf, StackUnread } from "../stackcli";
import { runCommand, runInTerminal } from "../terminal";
import { findByHand } from "./found";
import { importFile } from "./importfile";
import { plan } from "./plan";

const usage = "npm run adopt -- --stack NAME [--yes]";

/**
 * Takes a lookup role and function that somebody made by hand into the stack's state, by `pulumi import`. It changes the
 * state alone: the database is changed by the next `pulumi up`, whose preview shows it.
 */
async function main(): Promise<number> {
    const args = process.argv.slice(2);
    const stack = await stackOf(args);
    const settings = await configuredSettings(stack);
    const found = await findByHand(settings).catch((cause: Error) => {
        throw cause instanceof StackUnread ? cause : new StackUnread(forStack(stack, whyUnreached(cause, settings).text));
    });
    if (!found.role && !found.lookup) {
        console.log(`nothing to adopt: neither role ${lookupRole(settings)} nor function ${settings.authFunction} was made by hand`);
        return 0;
    }
    console.log(plan(found, settings).join("\n"));
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "pg-sidecar-adopt-"));
    try {
        const file = path.join(folder, "import.json");
        fs.writeFileSync(file, JSON.stringify(importFile(found, settings)));
        const command = ["import", "--stack", stack, "--file", file, "--protect=false", "--generate-code=false"];
        const code = await runInTerminal("pulumi", [...command, ...(args.includes("--yes") ? ["--yes", "--skip-preview"] : [])]);
        if (code !== 0) return code;
    } finally {
        fs.rmSync(folder, { recursive: true });
    }
    console.log(`adopted. Now: ${upCommand(settings, stack)}`);
    return 0;
}

runCommand("adopt", main, usage);
