import { AsyncLocalStorage } from "async_hooks";

/** A part of the lab to be made or taken away. */
export interface Step {
    name: string;
    /** How long it takes if everything has to be built, shown while it runs: `about 6 min`. */
    bare?: string;
    /** Resolves with one line: what was done or found. */
    work: () => Promise<string>;
}

/** A step while it runs. */
export class Running {
    private readonly from = Date.now();
    /** What it does now: `building pulumi`. */
    doing = "";
    /** The last line of the program that it runs now. */
    latest = "";

    constructor(readonly step: Step) {}

    /** Does the step's work; inside it, `say`, `doing` and `latest` are about this step. */
    work = () => current.run(this, this.step.work);

    elapsed(): string {
        return duration(Date.now() - this.from);
    }

    /** The name, for how long it runs, and what it does now: `cli        2 min 10 s  building pulumi (about 6 min on a bare machine)`. */
    toString(): string {
        const { name, bare } = this.step;
        return [name.padEnd(10), this.elapsed(), ` ${this.doing}`, bare ? `(${bare} on a bare machine)` : ""].join(" ").trimEnd();
    }
}

const current = new AsyncLocalStorage<Running>();

/** Milliseconds between two lines that say that a step still runs. */
const patience = 30_000;

/** Whether steps are shown as a live list: on a terminal that is not a CI's log. Until a list ends, nothing else may be printed. */
export const live = () => Boolean(process.stdout.isTTY) && !process.env.CI;

/**
 * Runs steps, each list beside the others and its own steps one after the other. A step that fails ends its list; the
 * others run to their end, then the first error is thrown.
 */
export async function runSteps(...lists: Step[][]): Promise<void> {
    if (live()) return (await import("./steplist")).runList(lists);
    const settled = await Promise.allSettled(
        lists.map(async (list) => {
            for (const step of list) await plainStep(step);
        }),
    );
    for (const one of settled) if (one.status === "rejected") throw one.reason;
}

/** Runs one step. */
export const step = (name: string, work: Step["work"]) => runSteps([{ name, work }]);

async function plainStep(step: Step): Promise<void> {
    const running = new Running(step);
    const clock = setInterval(() => {
        print(step.name, `still ${running.doing || "running"} (${running.elapsed()})${running.latest ? `: ${running.latest}` : ""}`);
    }, patience);
    try {
        print(step.name, `${await running.work()}  [${running.elapsed()}]`);
    } catch (cause) {
        print(step.name, `FAILED after ${running.elapsed()}`);
        throw cause;
    } finally {
        clearInterval(clock);
    }
}

/** Shows what is being done, as a line of its own if there is no live list. */
export function say(name: string, text: string): void {
    doing(text);
    if (!live() || !current.getStore()) print(name, text);
}

/** Sets what the running step does now; shown by the live list, and after 30 s. */
export function doing(text: string): void {
    const running = current.getStore();
    if (running) Object.assign(running, { doing: text, latest: "" });
}

/** Sets the last line of the program that the running step waits for. */
export function latest(output: string): void {
    const running = current.getStore();
    const line = output.replace(/\x1b\[[\d;]*[A-Za-z]/g, "").split(/[\r\n]+/).filter((one) => one.trim() !== "").at(-1); // prettier-ignore
    if (running && line) running.latest = line.trim();
}

const started = Date.now();

function print(name: string, text: string): void {
    console.log(`${duration(Date.now() - started).padStart(11)}  ${name.padEnd(10)} ${text}`);
}

/** `4.2 s`, `41 s`, `2 min 10 s`. */
export function duration(milliseconds: number): string {
    if (milliseconds < 10_000) return `${(milliseconds / 1000).toFixed(1)} s`;
    const seconds = Math.floor(milliseconds / 1000);
    return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
