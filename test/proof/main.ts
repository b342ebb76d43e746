import { Command, Program, understand } from "../../cli/command";
import { alertsProof } from "./alerts";
import { changesProof } from "./changes";
import { engineProof } from "./engine";
import { fuzzProof } from "./fuzz";
import { neighbourProof } from "./neighbour";
import { nodeProof } from "./node";
import { Arguments, Proof } from "./proof";
import { record } from "./record";
import { rollsProof } from "./rolls";
import { fixesProof, rareProof, tabsProof } from "./tests";
import { tlsProof } from "./tls";
import { versionsProof } from "./versions";

const proofs: Proof[] = [
    fixesProof,
    rareProof,
    tabsProof,
    fuzzProof,
    versionsProof,
    engineProof,
    nodeProof,
    rollsProof,
    changesProof,
    alertsProof,
    tlsProof,
    neighbourProof,
];

/** Each proof as a command with its options. */
const commands: Command[] = proofs.map((proof) => ({
    name: proof.name,
    summary: proof.proves,
    description: `Proves: ${proof.proves}.`,
    group: "Proofs:",
    options: proof.options,
    examples: [`./sidecar proof ${proof.name}`],
    run: (options) => run([proof], new Arguments(options)),
}));

const all: Command = {
    name: "all",
    summary: "run all of them, one after the other (the default)",
    description: "Runs all proofs, one after the other.",
    group: "Proofs:",
    options: [],
    examples: ["./sidecar proof"],
    run: () => run(proofs, new Arguments({})),
};

const list: Command = {
    name: "list",
    summary: "list the proofs",
    description: "Lists the proofs with their options.",
    group: "Proofs:",
    options: [],
    examples: ["./sidecar proof list"],
    run: () => {
        for (const { name, proves, options } of proofs) console.log(`${name}: ${proves} (${options.map(({ long }) => long).join(" ")})`);
        return Promise.resolve(0);
    },
};

export const program: Program = {
    name: "./sidecar proof",
    description: "Runs the long proofs on the lab and writes their results to docs/PROOFS.md.",
    commands: [...commands, all, list],
};

/** Runs what a command line asks for and resolves with the exit code: 1 if a proof failed. */
export async function proof(args: string[]): Promise<number> {
    const understood = understand(program, args.length === 0 ? ["all"] : args);
    return understood ? understood.command.run(understood.options, understood.operands) : 0;
}

async function run(chosen: Proof[], args: Arguments): Promise<number> {
    const { ensure } = await import("../../lab/main");
    const ensured = await ensure();
    if (ensured !== 0) return ensured;
    let code = 0;
    for (const proof of chosen) {
        console.log(`${proof.name}: ${proof.proves}`);
        const from = Date.now();
        const result = await proof.run(args);
        if (!result.partial) await record(proofs, proof.name, result, (Date.now() - from) / 1000);
        console.log(
            `${proof.name}: ${result.passed ? "passed" : "FAILED"}; ${result.partial ? "a part only, not kept" : "written to docs/PROOFS.md"}`,
        );
        if (!result.passed) code = 1;
    }
    return code;
}
