import * as fs from "fs";
import * as path from "path";
import { renderIni } from "../components/pgbouncer/ini";
import { markdownTable, withGenerated } from "../findings/markdown";
import { databaseKeys } from "./databaseserver";
import { dockerKeys } from "./docker";
import { Declared, declaredSettings, projectFile } from "./project";
import { ProviderKey } from "./raw";
import { Key, schema } from "./schema";
import { parseSettings } from "./settings";

// `npm run docs` runs this file. It writes what docs/ has of the settings: the tables and a whole pgbouncer.ini.

const docs = path.join(__dirname, "../docs");
const generated = {
    page: "docs/SETTINGS.md",
    begin: "<!-- The tables are generated: edit Pulumi.yaml or settings/, then run `npm run docs`. -->",
    end: "<!-- End of the generated tables. -->",
};

/** docs/SETTINGS.md as it should be: its prose, with fresh tables between the two marks. Throws if a mark is missing. */
export function settingsDocument(current = fs.readFileSync(path.join(docs, "SETTINGS.md"), "utf8")): string {
    return withGenerated(current, generated, tables());
}

/** docs/pgbouncer.ini as it should be: what the default settings render. */
export function iniDocument(): string {
    const required = { "pg-sidecar:pgadminEmail": "you@example.com", "postgresql:host": "127.0.0.1", "postgresql:password": "x" };
    return renderIni(parseSettings({ project: "pg-sidecar", stack: "docs", values: required, secretKeys: Object.keys(required), env: {} }));
}

function tables(): string {
    const declared = declaredSettings();
    const own = groups().map(({ title, keys }) => table(title, keys.map((key) => ownRow(key, declared[key])))); // prettier-ignore
    const providers = Object.entries({ docker: dockerKeys, postgresql: databaseKeys }).map(([namespace, keys]) =>
        table(
            `The ${namespace} provider's keys`,
            Object.entries<ProviderKey>(keys).map(([key, provider]) => providerRow(`${namespace}:${key}`, provider)),
            ["setting", "environment variable", "default", "what it is"],
        ),
    );
    return [...own, ...providers].join("\n\n");
}

/** The groups of Pulumi.yaml: each begins with a comment after an empty line. */
function groups(): { title: string; keys: Key[] }[] {
    const found: { title: string; keys: Key[] }[] = [];
    const lines = fs.readFileSync(projectFile, "utf8").split("\n");
    for (const [at, line] of lines.entries()) {
        const title = lines[at - 1] === "" ? /^ {2}# (.+)$/.exec(line)?.[1] : undefined;
        if (title) found.push({ title, keys: [] });
        const key = /^ {2}(\w+):$/.exec(line)?.[1];
        if (key) found.at(-1)?.keys.push(key as Key);
    }
    return found;
}

function ownRow(key: Key, { type, default: value, description }: Declared): string[] {
    const accepted = schema.shape[key].description ?? "";
    const shown = Array.isArray(value) ? value.join(", ") : String(value).replace(/@sha256:.*/, "");
    return [code(key), type === "boolean" ? type : type === "integer" ? `${type} ${accepted}` : accepted, code(shown), description];
}

const providerRow = (key: string, { variable = "", default: value = "", description }: ProviderKey) => [
    code(key),
    code(variable),
    code(value),
    description,
];

const code = (text: string) => (text === "" ? "" : `\`${text}\``);

function table(title: string, rows: string[][], head = ["setting", "accepts", "default", "what it is"]): string {
    return `## ${title}\n\n${markdownTable(head, rows)}`;
}

if (require.main === module) {
    fs.writeFileSync(path.join(docs, "SETTINGS.md"), settingsDocument());
    fs.writeFileSync(path.join(docs, "pgbouncer.ini"), iniDocument());
}
