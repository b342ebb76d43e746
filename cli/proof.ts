import { Command } from "./command";

export const proof: Command = {
    name: "proof",
    summary: "run the long proofs on the lab",
    description: "Runs the long proofs on the lab: all of them, or one. See `./sidecar proof --help`.",
    group: "To develop this project:",
    operands: "[arguments...]",
    options: [],
    examples: ["./sidecar proof list", "./sidecar proof fuzz --minutes 2"],
    passThrough: true,
    ownHelp: true,
    // It reads its own arguments, since each proof brings its options.
    run: async (_, args) => (await import("../test/proof/main")).proof(args),
};
