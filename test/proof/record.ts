import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { markdownTable } from "../../findings/markdown";
import { writeWhole } from "../../lab/files";
import { project } from "../../lab/paths";
import { attempt } from "../../lab/run";
import { Proof, Result, Table } from "./proof";

export interface Recorded extends Result {
    /** ISO date and time of the end, in UTC. */
    at: string;
    seconds: number;
    machine: string;
    commit: string;
}

export type Records = Record<string, Recorded>;

const file = path.join(project, "docs/proof/proofs.json");

/** The page of all last results. */
export function page(proofs: Pick<Proof, "name" | "proves">[], records: Records): string {
    const oneLine = (cells: string[]) => cells.map((text) => text.replaceAll("\n", " "));
    const table = ({ head, rows }: Table) => markdownTable(oneLine(head), rows.map(oneLine));
    const part = ({ name, proves }: Pick<Proof, "name" | "proves">): string[] => {
        const title = ["", `## ${name}`, "", `Proves: ${proves}.`, ""];
        const last = records[name];
        if (!last) return [...title, "Not run yet."];
        return [
            ...title,
            `**${last.passed ? "Passed" : "Failed"}** ${last.at.slice(0, 16).replace("T", " ")} UTC at commit ${last.commit}, in ${Math.round(last.seconds / 60)} min on ${last.machine}.`,
            "",
            last.summary,
            "",
            table(last),
            ...(last.more ?? []).flatMap((one) => ["", table(one)]),
        ];
    };
    return [
        "# The long proofs",
        "",
        "`npm run proof` runs them all on the lab, `npm run proof -- NAME` one of them. Each run writes its result here by itself: edit nothing.",
        ...proofs.flatMap(part),
        "",
    ].join("\n");
}

/** Keeps a result and renders docs/PROOFS.md from all that are kept. */
export async function record(proofs: Proof[], name: string, result: Result, seconds: number): Promise<void> {
    const records = fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, "utf8")) as Records) : {};
    const engine = await attempt("docker", ["version", "--format", "{{.Server.Version}}"]);
    const commit = (await attempt("git", ["describe", "--always", "--dirty", "--exclude", "*"])).stdout.trim();
    const cpus = os.cpus();
    const machine = `${cpus.length} × ${cpus[0]?.model.trim()}, ${Math.round(os.totalmem() / 1e9)} GB, Linux ${os.release()}, Docker engine ${result.engine ?? engine.stdout.trim()}, Node ${process.version}`;
    records[name] = { ...result, at: new Date().toISOString(), seconds, machine, commit };
    writeWhole(file, JSON.stringify(records, undefined, 4) + "\n");
    writeWhole(path.join(project, "docs/PROOFS.md"), page(proofs, records));
}
