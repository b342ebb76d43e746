import { z } from "zod";
import { emailAddress } from "../components/pgadmin/email";
import { clientTlsModes, serverTlsModes } from "../components/pgbouncer/tls";
import { parameterRows, parameters, PgbouncerParameters } from "../components/pgbouncer/parameters";
import { reservedWords } from "./sqlwords";

// Names end up in ini lines, in SQL and in shell words: whatever could break out of any of them is refused here.
// A description says which values are accepted; docs/SETTINGS.md is generated from it.

const matching = (pattern: RegExp, what: string) => z.string(`must be ${what}`).regex(pattern, `must be ${what}`).describe(what);
const optional = (type: z.ZodString, what: string) =>
    z.union([z.literal(""), type], `must be ${what}, or empty for none`).describe(`${what}, or empty for none`);

/** A name of a role or a database that needs no quotes in an ini line. */
export const plainName = matching(/^[A-Za-z_][A-Za-z0-9_-]{0,62}$/, "a plain name: letters, digits, _ and -, at most 63");
const word = matching(/^[A-Za-z0-9][\w-]{0,254}$/, "a plain name: letters, digits, _ and -");
/** No resolver takes a name of more, nor a part of it: an empty one neither. */
const host = matching(/^(?=.{1,253}$)([A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}$/, "a host name or an address").refine(
    (text) => /^[A-Za-z0-9](.*[A-Za-z0-9])?$/.test(text),
    "must be a host name or an address",
);
const image = matching(/^(?=.{1,384}(@|$))[a-z0-9][\w.:/-]*(@sha256:[0-9a-f]{64})?$/, "an image as name:tag@sha256:…");
/** Text of a PEM file. settings/certificates.ts says whether it is what it should be. */
const pem = (what: string) => z.string().max(65_536, "must have at most 65,536 characters").describe(`${what} as PEM, or empty for none`);
const oneOf = <Word extends string>(words: readonly [Word, ...Word[]]) =>
    z.enum(words, `must be one of ${words.join(", ")}`).describe(words.join(", "));
const boolean = z.enum(["true", "false"], "must be true or false").transform((text) => text === "true");

const url = z.string().regex(/^https?:\/\/[A-Za-z0-9.-]+(:\d{1,5})?(\/[\w.~-]+)*\/?$/);

function integer(min: number, max: number, unit?: "seconds" | "MiB") {
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

/** Cores, which the engine counts in hundredths. */
const cores = z
    .string()
    .regex(/^\d{1,3}(\.\d{1,2})?$/, "must be a number of cores such as 1.5, or 0 for all of them")
    .describe("from 0 to 999.99");

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
/** Names of schemas, each with its database before it unless it is in the first. */
const schemasOfDatabases = listOf(matching(/^([A-Za-z_][\w-]{0,62}\.)?[A-Za-z_][\w-]{0,62}$/, "plain names, SCHEMA or DATABASE.SCHEMA"));
const startupParameters = listOf(matching(/^[A-Za-z_][A-Za-z0-9_.]*$/, "names of startup parameters: letters, digits, _ and ."));

/** Whether PostgreSQL refuses a role or a schema of this name, or would read it as a keyword. */
function systemName(text: string, more = ["public", "none"]): boolean {
    return /^pg_/i.test(text) || [...more, ...reservedWords].includes(text.toLowerCase());
}

/** The name of a role that is created. */
const ownName = plainName.refine((text) => !systemName(text), "must not be a name that PostgreSQL reserves (pg_…, public, a keyword)");

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
    databaseNetwork: matching(/^([A-Za-z0-9][\w.-]{0,254})?$/, "the name of the database's Docker network, or empty to look it up"),
    databaseHost: host,
    databasePort: integer(1, 65_535),
    databases: list(distinctNames.min(1, "must name at least one"), "a list of plain names, at least one"),
    otherConnections: integer(0, 100_000),
    pipelineTable: matching(/^([A-Za-z_]\w{0,62}\.[A-Za-z_]\w{0,62})?$/, "schema.table, or empty for none"),

    ...pgbouncerParameters,
    listenPort: integer(1024, 65_535),
    processes: integer(1, 64),
    adminUsers: list(distinctNames, "a list of plain names"),
    authUser: ownName
        .max(61, "must have at most 61 characters, because a rotation adds _2")
        .describe("a plain name, at most 61 characters"),
    rotation: integer(0, 1_000_000),
    serverTlsSslmode: oneOf(serverTlsModes),
    serverTlsCa: pem("certificates"),
    serverTlsCert: pem("a certificate"),
    serverTlsKey: pem("a key"),
    clientTlsSslmode: oneOf(clientTlsModes),
    clientTlsCert: pem("a certificate, with its chain,"),
    clientTlsKey: pem("a key"),
    clientTlsCa: pem("certificates"),
    authFunction: matching(/^[a-z_][a-z0-9_]{0,62}\.[a-z_][a-z0-9_]{0,62}$/, "schema.function, in lower case")
        .refine(
            (text) => !systemName(text.split(".")[0]!, ["information_schema"]),
            "must not be in a schema of PostgreSQL itself, nor in one that is named by a keyword",
        )
        .describe("schema.function, in lower case"),
    poolSuperusers: boolean,
    pgbouncerAlias: host,
    pgbouncerImage: image,
    pgbouncerStopGrace: integer(10, 1140, "seconds"), // the provider gives a container's stop and removal 20 min together
    pgbouncerMemory: integer(64, 1_048_576, "MiB"),
    pgbouncerCpus: cores,
    pgbouncerFiles: integer(1024, 1_048_576), // the kernel's own bound, fs.nr_open
    pgbouncerPids: integer(64, 100_000),

    metrics: boolean,
    metricsNetwork: matching(/^([A-Za-z0-9][\w.-]{0,254})?$/, "the name of a Docker network, or empty for the database's"),
    metricsPort: integer(0, 65_535),
    metricsRole: ownName.describe("a plain name"),
    pgbouncerExporterImage: image,
    postgresExporterImage: image,
    logConnections: boolean,

    adminUi: oneOf(["pgadmin", "none"]),
    pgadminImage: image,
    pgadminEmail: emailAddress.describe("an e-mail address"),
    pgadminPassword: z
        .string()
        .refine((text) => text === "" || (text.length >= 6 && text.length <= 200), "must have 6 to 200 characters, or be left out")
        .refine(
            (text) => !/[\p{Cc}\p{Cs}]/u.test(text),
            "must have no control character, such as a tab or a newline: no browser's field takes one",
        )
        .describe("6 to 200 characters, or empty"),
    pgadminPort: integer(0, 65_535),
    pgadminRole: optional(ownName, "a plain name that PostgreSQL does not reserve"),
    pgadminRoleMemberOf: list(distinctNames, "a list of plain names"),
    pgadminRoleSchemas: list(
        schemasOfDatabases.refine((all) => new Set(all).size === all.length, "names one twice"),
        "a list of SCHEMA or DATABASE.SCHEMA",
    ),
    pgadminPassfile: boolean,
    pgadminDirect: boolean,
    pgadminStartTimeout: integer(30, 1080, "seconds"), // the provider gives up after 20 min, whatever is set
    pgadminVolume: matching(/^[A-Za-z0-9][\w.-]{1,254}$/, "the name of a Docker volume"),
    pgadminEgress: boolean,
    pgadminMemory: integer(384, 1_048_576, "MiB"),
    pgadminCpus: cores,
    pgadminFiles: integer(1024, 1_048_576),
    pgadminPids: integer(64, 100_000),
    pgadminLogJson: boolean,

    pgadminLoginAttempts: integer(0, 100),
    pgadminSessionDays: integer(1, 365),
    pgadminMfa: oneOf(["off", "optional", "required"]),

    oidcIssuer: optional(url, "an http:// or https:// URL without a query"),
    oidcClientId: optional(z.string().regex(/^[\x21-\x7e]{1,255}$/), "the provider's client ID, without spaces"),
    oidcClientSecret: optional(z.string().regex(/^[\x20-\x7e]{1,1024}$/), "one line of ASCII"),
    oidcName: matching(/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,39}$/u, "letters, digits, spaces and . _ -, at most 40"),
    oidcScope: list(
        listOf(matching(/^[\x21\x23-\x5b\x5d-\x7e]+$/, "names of scopes")).refine((all) => all.includes("openid"), "must name openid"),
        "a list of scopes with openid",
    ),
    oidcUsernameClaim: matching(/^[\w:/.-]+$/, "the name of a claim"),
    oidcUserinfoUrl: optional(url, "an http:// or https:// URL without a query"),
    oidcAllow: list(listOf(matching(/^[\x21-\x3c\x3e-\x7e]+=[^\x00-\x1f\x7f]+$/, "a list of CLAIM=VALUE")), "a list of CLAIM=VALUE"),
    oidcCreateUsers: boolean,
    oidcPasswordLogin: boolean,

    pgadminDomain: optional(host, "a host name, without https://"),
    proxyNetwork: matching(/^[A-Za-z0-9][\w.-]{0,254}$/, "the name of the proxy's Docker network"),
    proxyTls: boolean,
    proxyEntrypoint: word,
    proxyRedirectFrom: optional(word, "the name of an entrypoint"),
    proxyCertResolver: optional(word, "the name of a certificate resolver"),
});

/** The project's own settings, checked. */
export type OwnSettings = z.infer<typeof schema>;
export type Key = keyof OwnSettings;

/** Settings that have to be stored encrypted. */
export const secretKeys: Key[] = ["pgadminPassword", "oidcClientSecret", "serverTlsKey", "clientTlsKey"];
