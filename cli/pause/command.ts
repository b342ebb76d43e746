import { Option } from "commander";
import { Command, stackOption, wholeNumber } from "../command";

export interface PauseOptions {
    stack?: string;
    /** Seconds that open transactions get to end, if clients can wait for longer. */
    transactions: number;
    /** Seconds after which clients continue whatever COMMAND does; default: as long as none of them has waited too long. */
    atMost?: number;
}

const seconds = wholeNumber(3600, "whole seconds");

export const pause: Command<PauseOptions> = {
    name: "pause",
    summary: "run a command that restarts the database, while clients wait",
    description: `Pauses the pool, runs COMMAND, waits until the database answers, and lets clients continue: none of them fails.
Before it runs COMMAND, it waits until open transactions end. If one doesn't, all clients continue and COMMAND is not run.
By default, clients wait for 110 s at most: 10 s less than queryWaitTimeout. Of queryWaitTimeout and queryTimeout, the lower one that is not 0 counts.
If it is 20 s or less, the limit is half of it. The limit is never above 300 s. It includes the wait for open transactions.
At the limit clients continue, whatever COMMAND or this machine does.
The exit code is COMMAND's. It is 2 if COMMAND was not run, or if the database does not answer after it.`,
    group: "Commands:",
    operands: "<command...>",
    options: [
        stackOption(),
        new Option("--transactions <seconds>", "how long open transactions get to end").argParser(seconds).default(10),
        new Option("--at-most <seconds>", "how long clients wait at most, if that is less").argParser(seconds),
    ],
    examples: [
        "./sidecar pause --stack stage -- ssh HOST docker restart timescale_db",
        "./sidecar pause --stack stage --transactions 30 -- ./redeploy-database",
    ],
    passThrough: true,
    run: async (options, operands) => (await import("./pause")).pause(options, operands),
};
