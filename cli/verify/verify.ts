import { runChecks } from "./check";
import { allChecks } from "./checks/all";
import { progress, table } from "./report";
import { Command, Misused, runCommand } from "../commandline";
import { findTarget } from "./target";

const ids = allChecks.map(({ id }) => id);

const options = { stack: { type: "string" }, json: { type: "boolean" }, only: { type: "string" } } as const;
const command: Command<typeof options> = {
    name: "verify",
    usage: `npm run verify -- --stack NAME [--json] [--only ID,ID…]

Proves a deployed stack by what it does. Exit code 1 if a check fails.
    --json   prints the results as JSON
    --only   runs some of the checks: ${ids.join(", ")}`,
    options,
};

/** The checks that are named, or all; throws if one of the names is none's. */
function chosen(only?: string): string[] {
    const named = only?.split(",").map((id) => id.trim()) ?? ids;
    const unknown = named.filter((id) => !ids.includes(id));
    if (unknown.length > 0) throw new Misused(`--only: there is no check ${unknown.join(", ")}`);
    return named;
}

runCommand(command, async ({ stack, json, only }) => {
    if (!stack) throw new Misused("--stack is missing: which stack is to be verified?");
    const wanted = chosen(only);
    const target = await findTarget(stack);
    const checks = allChecks.filter(({ id }) => wanted.includes(id));
    const reports = await runChecks(checks, target, {
        // Only where a person looks, who sees the line of its end come over this one.
        began: (id) => process.stderr.isTTY && process.stderr.write(`… ${id}\r`),
        ended: (report) => console.error(progress(report)),
    });
    console.log(json ? JSON.stringify({ stack, checks: reports }, undefined, 4) : `\n${table(reports)}`);
    return reports.some(({ result }) => result === "failed") ? 1 : 0;
});
