import * as fs from "fs";
import * as path from "path";
import { project } from "../../../lab/paths";
import { attempt } from "../../../lab/run";
import { escaped } from "../../text";

/** A command of the runbook, and the lines that it says will be seen. */
export interface Step {
    command: string;
    expected: string[];
}

/** The steps in the `console` blocks of one section of docs/RUNBOOK.md. */
export function section(title: string): Step[] {
    const text = fs.readFileSync(path.join(project, "docs/RUNBOOK.md"), "utf8");
    const [body] = text.split(/^## /m).filter((part) => part.startsWith(`${title}\n`));
    const steps: Step[] = [];
    for (const [, block = ""] of (body ?? "").matchAll(/^```console\n([^]*?)^```/gm)) {
        for (const line of block.trimEnd().split("\n")) {
            if (line.startsWith("$ ")) steps.push({ command: line.slice(2), expected: [] });
            else steps.at(-1)!.expected.push(line);
        }
    }
    if (steps.length === 0) throw new Error(`docs/RUNBOOK.md has no section ${JSON.stringify(title)} with commands`);
    return steps;
}

/** Whether the expected lines stand in what was said, in their order; `…` in one is anything. */
function firstMissing(expected: string[], said: string): string | undefined {
    const lines = said.split("\n").map((line) => line.trim());
    let at = 0;
    for (const line of expected) {
        const pattern = new RegExp(`^${line.trim().split("…").map(escaped).join(".*")}$`);
        const found = lines.findIndex((one, index) => index >= at && pattern.test(one));
        if (found < 0) return line;
        at = found + 1;
    }
    return undefined;
}

/** Does what a section of the runbook says on the lab's stack, with `words` put in the place of its own, and holds it to what it says will be seen. */
export async function play(title: string, env: Record<string, string>, words: Record<string, string> = {}): Promise<string> {
    let said = "";
    for (const step of section(title)) {
        const put = (text: string) => Object.entries({ "--stack stage": "--stack local", "-s stage": "-s local", "pg-sidecar/stage": "pg-sidecar/local", ...words }).reduce((all, [word, other]) => all.replaceAll(word, other), text); // prettier-ignore
        const command = put(step.command);
        // What the CLI would ask a person is answered; nothing else of the command is changed.
        const ran = await attempt("bash", ["-c", `exec 2>&1; ${command}`], {
            env: { ...env, PULUMI_SKIP_CONFIRMATIONS: "true", NO_COLOR: "1" },
            log: "runbook",
        });
        const shown = ran.stdout;
        if (ran.code !== 0) throw new Error(`${title}: ${command} failed with ${ran.code}:\n${shown}`);
        const missing = firstMissing(step.expected.map(put), shown);
        if (missing !== undefined) throw new Error(`${title}: ${command} does not say ${JSON.stringify(missing)}, but:\n${shown}`);
        said += shown;
    }
    return said;
}
