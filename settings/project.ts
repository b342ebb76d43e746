import * as fs from "fs";
import * as path from "path";
import { load } from "js-yaml";
import { copied, shellWord, shown } from "../findings/quoting";
import { Mistakes } from "./mistakes";
import { RawConfig } from "./raw";
import { schemaFor, unusedSettings } from "./adminui";
import { Key, OwnSettings, schema, secretKeys } from "./schema";

/** A setting as Pulumi.yaml declares it. */
export interface Declared {
    type: "string" | "integer" | "boolean" | "array";
    default: unknown;
    description: string;
}

export const projectFile = path.join(__dirname, "../Pulumi.yaml");

/** The project's own settings, as Pulumi.yaml declares them. */
export function declaredSettings(): Record<Key, Declared> {
    const { config } = load(fs.readFileSync(projectFile, "utf8")) as { config: Record<string, Declared> };
    return Object.fromEntries(Object.entries(config).filter(([key]) => !key.includes(":"))) as Record<Key, Declared>;
}

/** The defaults in Pulumi.yaml, as the CLI hands them to a program. */
export function projectDefaults(): Record<Key, string> {
    const defaults = Object.entries(declaredSettings()).map(([key, { default: value }]) => [
        key,
        typeof value === "string" ? value : JSON.stringify(value),
    ]);
    return Object.fromEntries(defaults) as Record<Key, string>;
}

/** The project's own settings, and which of those that are set have no effect; they count as not set. */
type Read = OwnSettings & { unused: Key[] };

/** Reads the project's own settings and reports what is wrong with them; undefined if anything is. */
export function readOwnSettings(raw: RawConfig, mistakes: Mistakes): Read | undefined {
    const defaults = projectDefaults();
    const values = { ...defaults, ...ownValues(raw, mistakes) };
    const unused = unusedSettings(values, defaults);
    for (const key of unused) values[key] = defaults[key];
    const parsed = schemaFor(values).safeParse(values);
    const said = new Set<string>();
    for (const issue of parsed.error?.issues ?? []) {
        const key = String(issue.path[0]) as Key;
        // Once for a list, however many of its items it is said of.
        if (said.has(`${key} ${issue.message}`)) continue;
        said.add(`${key} ${issue.message}`);
        const value = values[key] ?? "";
        const secret = secretKeys.includes(key);
        const seen = value === "" ? "missing" : secret ? "(hidden)" : shown(value);
        const right = examples[key] ?? defaults[key];
        const fix = secret ? mistakes.setSecret(key) : mistakes.set(key, /^$|^\[/.test(right) ? right : shellWord(right));
        mistakes.add(key, `is ${seen}: it ${issue.message}`, fix);
    }
    return parsed.data && { ...parsed.data, unused };
}

/** Values that a fix shows for a required setting. */
const examples: Partial<Record<Key, string>> = { pgadminEmail: "you@example.com" };

/** What is set in the project's namespace, by the settings' names; reports names that don't exist. */
function ownValues({ project, values, secretKeys: encrypted }: RawConfig, mistakes: Mistakes): Partial<Record<Key, string>> {
    const known = Object.keys(schema.shape) as Key[];
    const own: Partial<Record<Key, string>> = {};
    for (const [full, value] of Object.entries(values)) {
        if (!full.startsWith(`${project}:`)) continue;
        const key = full.slice(project.length + 1);
        if ((known as string[]).includes(key)) {
            own[key as Key] = value;
            continue;
        }
        const meant = closest(key, known);
        const fixes = [mistakes.remove(key)];
        if (meant && !value.startsWith("[")) {
            const secret = secretKeys.includes(meant) || encrypted.includes(full);
            fixes.push(secret ? mistakes.setSecret(meant) : mistakes.set(meant, copied(value, "VALUE")));
        }
        mistakes.add(key, `is not a setting of this project${meant ? `: did you mean ${meant}?` : ""}`, fixes.join("; "));
    }
    return own;
}

/** The known name that `name` most likely is a misspelling of, if one is near. */
function closest(name: string, known: Key[]): Key | undefined {
    const flat = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, "");
    return (
        known.find((one) => flat(one) === flat(name)) ??
        known.find((one) => flat(one).includes(flat(name)) || flat(name).includes(flat(one)))
    );
}
