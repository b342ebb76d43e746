import * as fs from "fs";
import * as path from "path";

const root = path.join(__dirname, "../..");
const read = (file: string) => fs.readFileSync(path.join(root, file), "utf8");
const filesBelow = (folder: string) =>
    fs
        .readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** The code spans in a column of each table of a page that has a column of that name. */
function quoted(page: string, columns: string[]): string[] {
    const spans: string[] = [];
    let column = -1;
    for (const line of read(page).split("\n")) {
        const cells = line.split("|").map((cell) => cell.trim());
        if (cells.length < 3) column = -1;
        else if (column < 0) column = cells.findIndex((cell) => columns.includes(cell));
        else spans.push(...[...cells[column]!.matchAll(/`([^`]+)`/g)].map(([, span]) => span!));
    }
    return spans;
}

/** Everything that our programs may print, with each text that is written in parts on one line. */
const sources = ["cli", "components", "findings", "host", "preflight", "settings"]
    .flatMap(filesBelow)
    .map(read)
    .join("\n")
    .replace(/["'`]\s*\+\s*["'`]/g, "");

const isOurs = (message: string) => new RegExp(message.split("…").map(escaped).join(".*")).test(sources);

/** Messages in docs/TROUBLESHOOTING.md that are the words of Docker, ssh, Pulumi, PostgreSQL or pgbouncer. */
const others: string[] = [];

const messages = [...new Set(quoted("docs/TROUBLESHOOTING.md", ["it says", "symptom"]))];

test.each(messages.filter((message) => !others.includes(message)))("a program here prints what docs/TROUBLESHOOTING.md quotes: %s", (message) => {
    expect(isOurs(message)).toBe(true);
});
