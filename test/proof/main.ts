import { engineProof } from "./engine";
import { fuzzProof } from "./fuzz";
import { fixesProof } from "./playfixes";
import { nodeProof } from "./node";
import { Arguments, Proof } from "./proof";
import { record } from "./record";
import { versionsProof } from "./versions";

const proofs: Proof[] = [fixesProof, fuzzProof, versionsProof, engineProof, nodeProof];

async function main([name, ...args]: string[]): Promise<void> {
    if (name === "list") return proofs.forEach((proof) => console.log(`${proof.name}: ${proof.proves} (${proof.options.map((one) => `--${one}`).join(" ")})`)); // prettier-ignore
    const chosen = proofs.filter((proof) => name === undefined || proof.name === name);
    if (chosen.length === 0) throw new Error(`there is no proof ${name}. Fix: npm run proof -- ${proofs.map((proof) => proof.name).join(" | ")} | list`); // prettier-ignore
    const parsed = chosen.map((proof) => ({ proof, args: Arguments.parse(args, proof.options) }));
    for (const { proof, args: given } of parsed) {
        console.log(`${proof.name}: ${proof.proves}`);
        const from = Date.now();
        const result = await proof.run(given);
        if (!result.partial) await record(proofs, proof.name, result, (Date.now() - from) / 1000);
        console.log(
            `${proof.name}: ${result.passed ? "passed" : "FAILED"}; ${result.partial ? "a part only, not kept" : "written to docs/PROOFS.md"}`,
        );
        if (!result.passed) process.exitCode = 1;
    }
}

main(process.argv.slice(2)).catch((cause: Error) => {
    console.error(`proof: ${cause.message}`);
    process.exitCode = 2;
});
