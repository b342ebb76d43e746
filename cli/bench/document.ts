import * as fs from "fs";
import * as path from "path";
import { withGenerated } from "../../findings/markdown";
import { charts } from "./charts";
import { Results } from "./results";
import { tables } from "./table";

const docs = path.join(__dirname, "../../docs");
const data = path.join(docs, "proof/bench.json");
const page = path.join(docs, "MEASUREMENTS.md");
const generated = { page: "docs/MEASUREMENTS.md", begin: "<!-- bench: written by ./sidecar bench --docs -->", end: "<!-- /bench -->" };

/** The page with the results between its two marks. */
export function withResults(text: string, results: Results): string {
    const pictures = Object.entries(charts(results)).map(([file, { title }]) => `![${title}](proof/${file})\n`);
    return withGenerated(text, generated, [...pictures, tables(results)].join("\n"));
}

/** Writes the results, the charts and the page. */
export function document(results: Results): void {
    fs.writeFileSync(data, JSON.stringify(results, undefined, 1) + "\n");
    for (const [file, { svg }] of Object.entries(charts(results))) fs.writeFileSync(path.join(docs, "proof", file), svg);
    fs.writeFileSync(page, withResults(fs.readFileSync(page, "utf8"), results));
}

// npm run docs: the page again, from the results that are kept.
if (require.main === module && fs.existsSync(data)) document(JSON.parse(fs.readFileSync(data, "utf8")) as Results);
