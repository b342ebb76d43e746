import { parseArgs } from "util";
import { runChecks } from "./check";
import { allChecks } from "./checks/all";
import { progress, table } from "./report";
import { StackUnread } from "../stackcli";
import { runCommand } from "../terminal";
import { findTarget } from "./target";

const usage = "npm run verify -- --stack NAME [--json] [--only id,id…]";
const ids = allChecks.map(({ id }) => id);

interface Asked {
    stack: string;
    json: boolean;
    only: string[];
}

/** Reads the command line, or throws an error that names what is wrong with it. */
function readArgs(args: string[]): Asked {
    let given;
    try {
        given = parseArgs({ args, options: { stack: { type: "string" }, json: { type: "boolean" }, only: { type: "string" } } }).values;
    } catch (cause) {
        throw new StackUnread(`${(cause as Error).message}\nMend it: ${usage}`);
    }
    if (!given.stack) throw new StackUnread(`--stack is missing: which stack is to be verified?\nMend it: ${usage}`);
    const only = given.only?.split(",").map((id) => id.trim()) ?? ids;
    const unknown = only.filter((id) => !ids.includes(id));
    if (unknown.length > 0)
        throw new StackUnread(`--only: there is no check ${unknown.join(", ")}\nMend it: take some of ${ids.join(", ")}`);
    return { stack: given.stack, json: given.json ?? false, only };
}

async function main(): Promise<number> {
    const { stack, json, only } = readArgs(process.argv.slice(2));
    const target = await findTarget(stack);
    const checks = allChecks.filter(({ id }) => only.includes(id));
    const reports = await runChecks(checks, target, {
        // Only where a person looks, who sees the line of its end come over this one.
        began: (id) => process.stderr.isTTY && process.stderr.write(`… ${id}\r`),
        ended: (report) => console.error(progress(report)),
    });
    console.log(json ? JSON.stringify({ stack, checks: reports }, undefined, 4) : `\n${table(reports)}`);
    return reports.some(({ result }) => result === "failed") ? 1 : 0;
}

runCommand("verify", main);
