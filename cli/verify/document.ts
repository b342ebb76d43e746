import * as fs from "fs";
import * as path from "path";
import { markdownTable, withGenerated } from "../../findings/markdown";
import { versionInTag } from "../../host/imagereference";
import { projectDefaults } from "../../settings/project";
import { iniDocument } from "../../settings/document";
import { readIni } from "./ini";
import { judge, Judged } from "./judgevulnerabilities";
import { ofPgadmin, ofPgbouncer, PgadminConfig, PoolerConfig } from "./vulnerabilities";

// `npm run docs` runs this file. It writes docs/SECURITY.md's table of known vulnerabilities.

const file = path.join(__dirname, "../../docs/SECURITY.md");
const generated = {
    page: "docs/SECURITY.md",
    begin: "<!-- The table is generated: edit cli/verify/vulnerabilities.ts, then run `npm run docs`. -->",
    end: "<!-- End of the generated table. -->",
};

/** What pgbouncer has besides its ini, by default. */
const defaults: PoolerConfig = { max_packet_size: "2147483647" };

/** A pooler's configuration with the default settings. */
const poolerConfig = (): PoolerConfig => ({ ...defaults, ...readIni(iniDocument()) });

/** A pgAdmin's with the default settings. */
const pgadminConfig: PgadminConfig = { sources: ["internal"], hook: false, assistant: false, users: 1, credentials: [] };

/** docs/SECURITY.md as it should be: its prose, with a fresh table between the two marks. Throws if a mark is missing. */
export function securityDocument(current = fs.readFileSync(file, "utf8")): string {
    const { pgbouncerImage, pgadminImage } = projectDefaults();
    const [pgbouncer, pgadmin] = [versionInTag(pgbouncerImage)!, versionInTag(pgadminImage)!];
    const rows = [...rowsOf(`pgbouncer ${pgbouncer}`, judge(ofPgbouncer, pgbouncer, poolerConfig())), ...rowsOf(`pgAdmin ${pgadmin}`, judge(ofPgadmin, pgadmin, pgadminConfig))]; // prettier-ignore
    const head = ["in", "CVE", "what it is", "fixed in", "with the default settings", "how that is known"];
    return withGenerated(current, generated, markdownTable(head, rows));
}

const rowsOf = (program: string, all: Judged[]) =>
    all.map(({ id, what, fixed, averted, by, known }) => [program, id, what, fixed ?? "", averted ? `averted: ${averted}` : `**open** to ${by}`, known]); // prettier-ignore

if (require.main === module) fs.writeFileSync(file, securityDocument());
