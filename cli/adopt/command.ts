import { Command, stackOption } from "../command";
import { pulumiOptions } from "../pulumiflags";

/** Flags of `pulumi import` that are passed on. */
export const importOptions = pulumiOptions();

export type AdoptOptions = { stack?: string; yes?: boolean } & Record<string, unknown>;

export const adopt: Command<AdoptOptions> = {
    name: "adopt",
    summary: "take over a lookup role and function made by hand",
    description: `Takes a lookup role and function into the stack's state that were made by hand or came with a restored dump.
Prints what it found and what the next \`pulumi up\` changes, then runs \`pulumi import\`, which asks first.
The database stays as it is until that \`pulumi up\`. Opens the tunnel to the database if the stack needs one.
All options but --stack go to \`pulumi import\`.`,
    group: "Commands:",
    options: [stackOption(), ...importOptions],
    examples: ["./sidecar adopt --stack stage", "./sidecar adopt --stack stage --yes"],
    run: async (options) => (await import("./adopt")).adopt(options),
};
