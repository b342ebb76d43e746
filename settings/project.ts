import * as fs from "fs";
import * as path from "path";
import { load } from "js-yaml";
import { shellWord } from "../findings/quoting";
import { Mistakes } from "./mistakes";
import { RawConfig } from "./raw";
import { Key, OwnSettings, schema } from "./schema";

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

/** Reads the project's own settings and reports what is wrong with them; undefined if anything is. */
export function readOwnSettings(raw: RawConfig, mistakes: Mistakes): OwnSettings | undefined {
    const defaults = projectDefaults();
    const values = { ...defaults, ...ownValues(raw, mistakes) };
    const parsed = schema.safeParse(values);
    for (const issue of parsed.error?.issues ?? []) {
        const key = String(issue.path[0]) as Key;
        const value = values[key] ?? "";
        const secret = key === "pgadminPassword";
        const shown = value === "" ? "missing" : secret ? "(hidden)" : JSON.stringify(value);
        const fix = secret ? mistakes.setSecret(key) : mistakes.set(key, examples[key] ?? defaults[key]);
        mistakes.add(key, `is ${shown}: it ${issue.message}`, fix);
    }
    return parsed.data;
}

/** Values that a fix shows for a required setting. */
const examples: Partial<Record<Key, string>> = { pgadminEmail: "you@example.com" };

/** What is set in the project's namespace, by the settings' names; reports names that don't exist. */
function ownValues({ project, values, secretKeys }: RawConfig, mistakes: Mistakes): Partial<Record<Key, string>> {
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
            const secret = meant === "pgadminPassword" || secretKeys.includes(full);
            fixes.push(secret ? mistakes.setSecret(meant) : mistakes.set(meant, shellWord(value)));
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

/** Reports secrets that are stored in plain text. */
export function refusePlainSecrets(raw: RawConfig, mistakes: Mistakes): void {
    const own = `${raw.project}:`;
    for (const key of [`${own}pgadminPassword`, "postgresql:password", "docker:keyMaterial"]) {
        if (!raw.values[key] || raw.secretKeys.includes(key)) continue;
        const shown = key.startsWith(own) ? key.slice(own.length) : key;
        const fix = mistakes.setSecret(shown, key === "docker:keyMaterial" ? "< key.pem" : undefined);
        mistakes.add(shown, "is a secret, but stored in plain text", `${fix}   (and change it: the plain one is in your files)`);
    }
}
