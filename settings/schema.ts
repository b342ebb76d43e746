import { z } from "zod";
import { emailAddress } from "../components/pgadmin/email";
import { parameterRows, parameters, PgbouncerParameters } from "../components/pgbouncer/parameters";
import { reservedWords } from "./sqlwords";

// Names end up in ini lines, in SQL and in shell words: whatever could break out of any of them is refused here.
// A description says which values are accepted; docs/SETTINGS.md is generated from it.

const matching = (pattern: RegExp, what: string) => z.string(`must be ${what}`).regex(pattern, `must be ${what}`).describe(what);
const optional = (type: z.ZodString, what: string) =>
    z.union([z.literal(""), type], `must be ${what}, or empty for none`).describe(`${what}, or empty for none`);

/** A name of a role or a database that needs no quotes in an ini line. */
export const plainName = matching(/^[A-Za-z_][A-Za-z0-9_-]{0,62}$/, "a plain name: letters, digits, _ and -, at most 63");
const word = matching(/^[A-Za-z0-9][\w-]*$/, "a plain name: letters, digits, _ and -");
const host = matching(/^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/, "a host name or an address");
const image = matching(/^[a-z0-9][\w.:/-]*(@sha256:[0-9a-f]{64})?$/, "an image as name:tag@sha256:…");
const boolean = z.enum(["true", "false"], "must be true or false").transform((text) => text === "true");

function integer(min: number, max: number, unit?: "seconds") {
    const range = `from ${min} to ${max}`;
    return z
        .string()
        .refine(
            (text) => /^\d+$/.test(text) && Number(text) >= min && Number(text) <= max,
            `must be a whole number ${range}${unit ? ` (${unit})` : ""}`,
        )
        .transform(Number)
        .describe(`${range}${unit ? ` ${unit}` : ""}`);
}

/** A list as the CLI hands it over: JSON. */
export function list(items: z.ZodType<string[]>, what = "a list") {
    return z
        .string()
        .transform((text, context) => {
            try {
                return JSON.parse(text) as unknown;
            } catch {
                context.addIssue(`must be ${what}`);
                return z.NEVER;
            }
        })
        .pipe(items)
        .describe(what);
}

const listOf = (item: z.ZodString) => z.array(item, "must be a list");
const distinctNames = listOf(plainName).refine((all) => new Set(all).size === all.length, "names one twice");
const startupParameters = listOf(matching(/^[A-Za-z_][A-Za-z0-9_.]*$/, "names of startup parameters: letters, digits, _ and ."));

/** Whether PostgreSQL refuses a role or a schema of this name, or would read it as a keyword. */
function systemName(text: string, more = ["public", "none"]): boolean {
    return /^pg_/i.test(text) || [...more, ...reservedWords].includes(text.toLowerCase());
}

type ParameterShape = { [Key in keyof typeof parameters]: z.ZodType<PgbouncerParameters[Key], string> };

/** The schema of pgbouncer's parameters, made from their table. */
const pgbouncerParameters = Object.fromEntries(
    parameterRows.map(([key, row]) => {
        if ("min" in row) return [key, integer(row.min, row.max, row.unit)];
        return [key, row.type === "boolean" ? boolean : list(startupParameters, "a list of names")];
    }),
) as unknown as ParameterShape;

/** The project's own settings as the CLI hands them over, each as text. Pulumi.yaml has their defaults and meaning. */
export const schema = z.object({
    databaseNetwork: matching(/^([A-Za-z0-9][\w.-]*)?$/, "the name of the database's Docker network, or empty to look it up"),
    databaseHost: host,
    databasePort: integer(1, 65_535),
    databases: list(distinctNames.min(1, "must name at least one"), "a list of plain names, at least one"),
    otherConnections: integer(0, 100_000),
    pipelineTable: matching(/^([A-Za-z_]\w{0,62}\.[A-Za-z_]\w{0,62})?$/, "schema.table, or empty for none"),

    ...pgbouncerParameters,
    listenPort: integer(1024, 65_535),
    processes: integer(1, 64),
    adminUsers: list(distinctNames, "a list of plain names"),
    authUser: plainName
        .max(61, "must have at most 61 characters, because a rotation adds _2")
        .refine((text) => !systemName(text), "must not be a name that PostgreSQL reserves (pg_…, public, a keyword)")
        .describe("a plain name, at most 61 characters"),
    rotation: integer(0, 1_000_000),
    authFunction: matching(/^[a-z_][a-z0-9_]{0,62}\.[a-z_][a-z0-9_]{0,62}$/, "schema.function, in lower case")
        .refine(
            (text) => !systemName(text.split(".")[0]!, ["information_schema"]),
            "must not be in a schema of PostgreSQL itself, nor in one that is named by a keyword",
        )
        .describe("schema.function, in lower case"),
    pgbouncerAlias: host,
    pgbouncerImage: image,
    pgbouncerStopGrace: integer(10, 1140, "seconds"), // the provider gives a container's stop and removal 20 min together

    pgadminImage: image,
    pgadminEmail: emailAddress.describe("an e-mail address"),
    pgadminPassword: z
        .string()
        .refine((text) => text === "" || text.length >= 6, "must have at least 6 characters, or be left out")
        .describe("at least 6 characters, or empty"),
    pgadminPort: integer(0, 65_535),
    pgadminDirect: boolean,
    pgadminStartTimeout: integer(30, 1080, "seconds"), // the provider gives up after 20 min, whatever is set
    pgadminVolume: matching(/^[A-Za-z0-9][\w.-]+$/, "the name of a Docker volume"),

    pgadminDomain: optional(host, "a host name, without https://"),
    proxyNetwork: matching(/^[A-Za-z0-9][\w.-]*$/, "the name of the proxy's Docker network"),
    proxyTls: boolean,
    proxyEntrypoint: word,
    proxyRedirectFrom: optional(word, "the name of an entrypoint"),
    proxyCertResolver: optional(word, "the name of a certificate resolver"),
});

/** The project's own settings, checked. */
export type OwnSettings = z.infer<typeof schema>;
export type Key = keyof OwnSettings;
