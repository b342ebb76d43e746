import { Target } from "./target";

export type Result = "ok" | "failed" | "warning" | "skipped";

/** The outcome of a check. */
export interface Outcome {
    result: Result;
    /** What the check saw, with the figures; of a skipped one, why. */
    saw: string;
    /** The command that fixes it. */
    remedy?: string;
    /** Lines to show below. */
    chart?: string[];
}

/** One thing to prove of a deployed stack. */
export interface Check {
    id: string;
    /** What is true when it passes, in one line. */
    proves: string;
    /** Checks that have to pass first, or this one would prove nothing. */
    needs?: string[];
    run: (target: Target) => Promise<Outcome>;
}

export interface Report extends Outcome {
    id: string;
    proves: string;
    seconds: number;
}

export const ok = (saw: string): Outcome => ({ result: "ok", saw });
export const warning = (saw: string, remedy?: string): Outcome => ({ result: "warning", saw, ...(remedy ? { remedy } : {}) });
export const failed = (saw: string, remedy?: string): Outcome => ({ result: "failed", saw, ...(remedy ? { remedy } : {}) });
export const skipped = (why: string): Outcome => ({ result: "skipped", saw: why });
/** Days before a certificate expires from which verify warns. Proxies and the stack renew theirs well before. */
export const daysToRenew = 14;

/** What a check of pgAdmin finds in a stack without one. */
export const noPgadmin = skipped("the stack has no pgAdmin (adminUi is none)");

/** Thrown if a check can't look, for a reason that is not its own to judge. */
export class Unmet extends Error {
    constructor(
        message: string,
        /** The check that reports the reason as failed; none if it is no failure. */
        readonly reportedBy?: string,
        readonly remedy?: string,
    ) {
        super(message);
    }
}

/** Lets several checks share what `gather` finds; it runs once for each target. */
export function once<T>(gather: (target: Target) => Promise<T>): (target: Target) => Promise<T> {
    const found = new WeakMap<Target, Promise<T>>();
    return (target) => {
        const gathered = found.get(target) ?? gather(target);
        found.set(target, gathered);
        return gathered;
    };
}

/** Called as each check begins and ends. */
export interface Watcher {
    began: (id: string) => void;
    ended: (report: Report) => void;
}

/** Runs the checks one after the other. A check that throws has failed, and the run continues. */
export async function runChecks(checks: Check[], target: Target, watcher: Watcher): Promise<Report[]> {
    const reports: Report[] = [];
    for (const { id, proves, needs = [], run } of checks) {
        const from = Date.now();
        watcher.began(id);
        const unmet = needs.find((need) => reports.some((one) => one.id === need && ["failed", "skipped"].includes(one.result)));
        const outcome = unmet
            ? skipped(`needs ${unmet}, which did not pass`)
            : await run(target).catch((cause: Error) => outcomeOf(cause, checks));
        const report = { id, proves, seconds: (Date.now() - from) / 1000, ...outcome };
        watcher.ended(report);
        reports.push(report);
    }
    return reports;
}

/** What became of a check that threw. If no other one of `checks` reports the reason, this one does. */
function outcomeOf(cause: Error, checks: Check[]): Outcome {
    if (!(cause instanceof Unmet)) return failed(cause.message.trim());
    const { message, reportedBy, remedy } = cause;
    if (reportedBy === undefined) return skipped(message);
    return checks.some(({ id }) => id === reportedBy) ? skipped(`${message} (see ${reportedBy})`) : failed(message, remedy);
}
