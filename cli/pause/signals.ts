import { constants } from "os";
import { outlivesTerminal } from "../../host/nohup";

const names: NodeJS.Signals[] = ["SIGINT", "SIGTERM", ...(outlivesTerminal ? [] : ["SIGHUP" as const])];

/** Notes the signals that would end this process, so that it ends only once clients continue. */
export class Signals {
    private received: NodeJS.Signals | undefined;

    /** `noted` is called for each. */
    constructor(private readonly noted: () => void = () => undefined) {
        for (const name of names) process.on(name, this.note);
        // After a SIGHUP there is no terminal to write to.
        for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
    }

    /** The exit code of a process that the last signal ends; undefined if there was none. */
    get exitCode(): number | undefined {
        return this.received && 128 + constants.signals[this.received];
    }

    forget(): void {
        this.received = undefined;
    }

    stop(): void {
        for (const name of names) process.off(name, this.note);
    }

    private readonly note = (signal: NodeJS.Signals) => {
        this.received = signal;
        this.noted();
    };
}
