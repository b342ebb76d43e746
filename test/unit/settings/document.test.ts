import * as fs from "fs";
import * as path from "path";
import { iniDocument, settingsDocument } from "../../../settings/document";
import { schema } from "../../../settings/schema";

const read = (file: string) => fs.readFileSync(path.join(__dirname, "../../../docs", file), "utf8");

test("docs/SETTINGS.md is up to date; `npm run docs` updates it", () => {
    expect(read("SETTINGS.md")).toBe(settingsDocument());
});

test("docs/pgbouncer.ini is what `npm run docs` writes", () => {
    expect(read("pgbouncer.ini")).toBe(iniDocument());
});

test.each(Object.keys(schema.shape))("%s has exactly one row in docs/SETTINGS.md", (key) => {
    expect(settingsDocument().split("\n").filter((line) => line.startsWith(`| \`${key}\` |`))).toHaveLength(1); // prettier-ignore
});

test("a range comes from the schema, its default from Pulumi.yaml", () => {
    expect(settingsDocument()).toContain(
        "| `defaultPoolSize` | integer from 1 to 10000 | `15` | Backends for each pair of user and database. |",
    );
    expect(settingsDocument()).toContain("| `queryTimeout` | integer from 0 to 86400 seconds | `0` |");
    expect(settingsDocument()).toContain("| `postgresql:port` | `PGPORT` | `5432` |");
});

test("the prose around the tables stays, and a lost mark is an error", () => {
    const current = read("SETTINGS.md").replace("# Settings\n", "# Settings\n\nBy hand.\n").replace("| `rotation` |", "| `renamed` |");
    const fresh = settingsDocument(current);
    expect(fresh).toContain("\n\nBy hand.\n");
    expect(fresh).not.toContain("| `renamed` |");
    expect(() => settingsDocument(current.replace("<!-- End", "<!-- "))).toThrow("docs/SETTINGS.md has lost a mark");
});
