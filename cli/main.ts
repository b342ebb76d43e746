import { Misused, understand } from "./command";
import { outlivesTerminal } from "../host/nohup";
import { program } from "./program";

/** Runs one command and resolves with the exit code: 0 after --help, 2 for what the reader can fix. */
async function main(args: string[]): Promise<number> {
    let name = "sidecar";
    try {
        const understood = understand(program, args);
        if (!understood) return 0;
        name = understood.command.name;
        return await understood.command.run(understood.options, understood.operands);
    } catch (cause) {
        console.error(`${name}: ${await explain(cause as Error)}`);
        return 2;
    }
}

/** A mistake of the reader's is its message alone; anything else is a bug, with its stack. */
async function explain(cause: Error): Promise<string> {
    if (cause instanceof Misused) return cause.message;
    // Imported only now: the Pulumi SDK behind them takes most of a second to load.
    const { UserError } = await import("../findings/errors");
    const known = cause instanceof UserError;
    return known ? cause.message : (cause.stack ?? cause.message);
}

// Without a handler, Node ends at a SIGHUP.
if (outlivesTerminal) process.on("SIGHUP", () => undefined);

// The reader of a pipe may leave early, as `head` does.
process.stdout.on("error", (cause: NodeJS.ErrnoException) => {
    if (cause.code !== "EPIPE") throw cause;
    process.exit();
});

// Node ends with 0 if it has nothing left to wait for, also while a promise is open.
process.once("beforeExit", () => {
    if (process.exitCode !== undefined) return;
    console.error("sidecar: this command ended before its work was done, which is a bug");
    process.exitCode = 1;
});

void main(process.argv.slice(2)).then((code) => (process.exitCode = code));
