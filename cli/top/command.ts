import { Option } from "commander";
import { Command, misused, stackOption, wholeNumber } from "../command";

export interface TopOptions {
    stack?: string;
    once?: boolean;
    json?: boolean;
    interval: number;
}

export const top: Command<TopOptions> = {
    name: "top",
    summary: "watch the pool: who waits, how full the budget is, the longest transactions",
    description: `Shows a live screen of a deployed stack: its pools and who waits in them, the longest transactions with user and query,
and how much of the budget and of the database's connections is in use. It runs psql in the pooler's container, and needs nothing else there.
q or Ctrl-C ends it.`,
    group: "Commands:",
    options: [
        stackOption(),
        new Option("--once", "print it once, and end"),
        new Option("--json", "with --once: as JSON"),
        new Option("--interval <seconds>", "between two looks").default(2).argParser(wholeNumber(999, "a whole number of seconds")),
    ],
    examples: ["./sidecar top --stack stage", "./sidecar top --once --json"],
    run: async (options) => {
        if (options.json && !options.once) throw misused("./sidecar top", "--json needs --once");
        if (!options.once && !process.stdout.isTTY) throw misused("./sidecar top", "the live screen needs a terminal; --once prints it");
        return (await import("./top")).top(options);
    },
};
