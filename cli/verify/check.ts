import { Target } from "./target";

export type Result = "ok" | "failed" | "warning" | "skipped";

/** What a check came to. */
export interface Outcome {
    result: Result;
    /** What it saw, with the figures; of a skipped one, why. */
    saw: string;
    /** The command that mends it. */
    remedy?: string;
    /** Lines to show below. */
    chart?: string[];
}

/** One thing to prove of a deployed stack. */
export interface Check {
    id: string;
    /** What is true when it passes, in one line. */
    proves: string;
    /** Checks without which this one can tell nothing. */
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

/** Thrown where a check can't look, for a reason that another check reports as failed. */
export class Unmet extends Error {}

/** Lets several checks share what is gathered once a run. */
export function once<T>(gather: (target: Target) => Promise<T>): (target: Target) => Promise<T> {
    const made = new WeakMap<Target, Promise<T>>();
    return (target) => {
        const gathered = made.get(target) ?? gather(target);
        made.set(target, gathered);
        return gathered;
    };
}

/** Told of the checks as they go. */
export interface Watcher {
    began: (id: string) => void;
    ended: (report: Report) => void;
}

/** Runs the checks one after the other. One that throws has failed, and the others go on. */
export async function runChecks(checks: Check[], target: Target, watcher: Watcher): Promise<Report[]> {
    const reports: Report[] = [];
    for (const { id, proves, needs = [], run } of checks) {
        const from = Date.now();
        watcher.began(id);
        const unmet = needs.find((need) => reports.some((one) => one.id === need && ["failed", "skipped"].includes(one.result)));
        const outcome = unmet
            ? skipped(`needs ${unmet}, which did not pass`)
            : await run(target).catch((cause: Error) => (cause instanceof Unmet ? skipped(cause.message) : failed(cause.message.trim())));
        const report = { id, proves, seconds: (Date.now() - from) / 1000, ...outcome };
        watcher.ended(report);
        reports.push(report);
    }
    return reports;
}
