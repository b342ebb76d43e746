import { parseArgs, ParseArgsConfig } from "util";
import { UserError } from "../findings/errors";
import { StackUnread } from "./stack";

type Options = NonNullable<ParseArgsConfig["options"]>;

/** A command of ours: what it takes, and how that is explained. */
export interface Command<O extends Options> {
    name: string;
    /** Shown for --help, and after a command line that is not understood. */
    usage: string;
    options: O;
}

type Values<O extends Options> = ReturnType<typeof parseArgs<{ options: O; strict: true }>>["values"];

/** A command line that is not understood. */
export class Misused extends Error {}

const help = { help: { type: "boolean", short: "h" } } as const;

/** Reads a whole command line before anything is done by it: "help", or its options. Throws a Misused. */
export function readOptions<O extends Options>({ options }: Pick<Command<O>, "options">, args: string[]): Values<O> | "help" {
    try {
        const { values } = parseArgs({ args, options: { ...options, ...help }, strict: true, allowPositionals: false });
        return (values as { help?: boolean }).help ? "help" : (values as unknown as Values<O>);
    } catch (cause) {
        throw new Misused((cause as Error).message);
    }
}

/**
 * Runs a command's `main`, whose exit code is the process's: 0 after --help, 2 for what the reader can fix, which is shown
 * as its message alone, with the usage if it was the command line.
 */
export function runCommand<O extends Options>(
    command: Command<O>,
    main: (values: Values<O>) => Promise<number>,
    args = process.argv.slice(2),
): void {
    run(command, () => {
        const values = readOptions(command, args);
        return values === "help" ? "help" : main(values);
    });
}

/** The same for a command that reads its own command line. */
export function run({ name, usage }: Pick<Command<Options>, "name" | "usage">, work: () => Promise<number> | "help"): void {
    const end = (code: number) => (process.exitCode = code);
    const fail = (cause: Error) => {
        const known = [Misused, StackUnread, UserError].some((kind) => cause instanceof kind);
        console.error(`${name}: ${known ? cause.message : cause.stack}${cause instanceof Misused ? `\n\n${usage}` : ""}`);
        end(2);
    };
    try {
        const begun = work();
        if (begun !== "help") {
            begun.then(end, fail);
            return;
        }
        console.log(usage);
        end(0);
    } catch (cause) {
        fail(cause as Error);
    }
}
