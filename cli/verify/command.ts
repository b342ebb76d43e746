import { Option } from "commander";
import { Command, stackOption } from "../command";

export interface VerifyOptions {
    stack?: string;
    json?: boolean;
    only?: string;
}

export const verify: Command<VerifyOptions> = {
    name: "verify",
    summary: "test the running stack by what it does",
    description: `Tests a deployed stack, local or remote: images, queries, session state, password verifiers, and 30 clients at once.
Writes nothing that outlives the test. The exit code is 1 if a check fails, and 2 if the stack can't be read.`,
    group: "Commands:",
    options: [
        stackOption(),
        new Option("--json", "print the results as JSON"),
        new Option("--only <ids>", "run only these checks, as ID,ID…; a wrong one lists them all"),
    ],
    examples: ["./sidecar verify --stack stage", "./sidecar verify --stack stage --only lookup-grants,lookup-login"],
    run: async (options) => (await import("./verify")).verify(options),
};
