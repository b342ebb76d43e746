import { chosenNames } from "../command";
import { useLab } from "../labstack";
import { selectedStack } from "../stack";
import { StatusLine } from "../statusline";
import { Check, runChecks } from "./check";
import { allChecks } from "./checks/all";
import { VerifyOptions } from "./command";
import { progress, table } from "./report";
import { findTarget } from "./target";

/** Tests a deployed stack by what it does. */
export async function verify({ stack: named, json, only }: VerifyOptions): Promise<number> {
    const checks = chosen(only);
    const stack = await selectedStack(named);
    await useLab(stack);
    const target = await findTarget(stack);
    const status = new StatusLine(json ? undefined : process.stderr);
    const reports = await runChecks(checks, target, {
        began: (id) => status.show(`${id.padEnd(16)} ${checks.find((check) => check.id === id)!.proves}`),
        ended: (report) => {
            status.clear();
            console.error(progress(report));
        },
    });
    console.log(json ? JSON.stringify({ stack, checks: reports }, undefined, 4) : `\n${table(reports)}`);
    return reports.some(({ result }) => result === "failed") ? 1 : 0;
}

/** The named checks, or all of them. Throws a Misused if a check does not exist. */
function chosen(only?: string): Check[] {
    const named = chosenNames({ called: "./sidecar verify", option: "--only", given: only, all: allChecks.map(({ id }) => id) });
    return allChecks.filter(({ id }) => named.includes(id));
}
