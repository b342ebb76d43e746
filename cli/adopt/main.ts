import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { Command, runCommand } from "../commandline";
import { lookupRole } from "../../components/authentication/rotation";
import { upCommand } from "../../host/remedies";
import { explainUnreachableDatabase } from "../../host/unreachabledatabase";
import { UserError } from "../../findings/errors";
import { render } from "../../findings/finding";
import { ownedResources, StackState } from "../../preflight/state";
import { askCli, configuredSettings, project, selectedStack, StackUnread } from "../stack";
import { runInTerminal } from "../terminal";
import { findByHand } from "./found";
import { importFile } from "./importfile";
import { plan } from "./plan";

const options = { stack: { type: "string", short: "s" }, yes: { type: "boolean", short: "y" } } as const;
const command: Command<typeof options> = {
    name: "adopt",
    usage: `npm run adopt -- [--stack NAME] [--yes]

Takes a lookup role and function that somebody made by hand, or that a restored dump brought, into the stack's state.
    --yes   doesn't ask`,
    options,
};

/**
 * Takes a lookup role and function that no state of this database's has into the stack's state, by `pulumi import`. It
 * changes the state alone: the database is changed by the next `pulumi up`, whose preview shows it.
 */
runCommand(command, async ({ stack: named, yes }) => {
    const stack = await selectedStack(named);
    const settings = await configuredSettings(stack);
    const state = (await askCli(stack, ["stack", "export"])) as StackState;
    const found = await findByHand(settings, ownedResources(state, `${project}/${settings.stack}`)).catch((cause: Error) => {
        throw cause instanceof UserError ? cause : new StackUnread(render(explainUnreachableDatabase(cause, settings)));
    });
    if (!found.role && !found.lookup) {
        console.log(
            `nothing to adopt: neither role ${lookupRole(settings)} nor function ${settings.authFunction} is there without being this stack's`,
        );
        return 0;
    }
    console.log(plan(found, settings).join("\n"));
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "pg-sidecar-adopt-"));
    try {
        const file = path.join(folder, "import.json");
        fs.writeFileSync(file, JSON.stringify(importFile(found, settings)));
        const args = ["import", "--stack", stack, "--file", file, "--protect=false", "--generate-code=false"];
        const code = await runInTerminal("pulumi", [...args, ...(yes ? ["--yes", "--skip-preview"] : [])]);
        if (code !== 0) return code;
    } finally {
        fs.rmSync(folder, { recursive: true });
    }
    console.log(`adopted. Now: ${upCommand(settings, stack)}`);
    return 0;
});
