import * as fs from "fs";
import * as path from "path";
import * as pulumi from "@pulumi/pulumi";
import { load } from "js-yaml";
import { z } from "zod";
import { UserError } from "../findings/errors";
import { lookupRoles } from "../components/authentication/rotation";
import { emailAddress } from "../components/pgadmin/email";
import { lookupDatabase } from "../components/pgbouncer/ini";
import { DatabaseServer, readDatabaseServer } from "./databaseserver";
import { reservedWords } from "../host/sqlwords";

/** The Docker host where none is set, for the provider as well as for docker. */
export const defaultHost = "unix:///var/run/docker.sock";

export interface DockerHost {
    /** `unix:///…`, `tcp://…` or `ssh://user@host[:port]`. */
    host: string;
    /** Options for the ssh client, as in `docker:sshOpts`. */
    sshOpts: string[];
    /** Of TCP under TLS: the folder of ca.pem, cert.pem and key.pem, or what would stand in them. */
    tls?: { certPath: string } | Record<"ca" | "cert" | "key", string>;
}

/** All that the program is told, checked. The defaults and the meaning of each key stand in Pulumi.yaml. */
export interface Settings extends z.infer<typeof schema> {
    stack: string;
    databaseServer: DatabaseServer;
    docker: DockerHost;
}

/** Thrown once with every mistake in the settings; each line names the key, what is wrong and the command that mends it. */
export class SettingsError extends UserError {}

// Names end up in ini lines, in SQL and in shell words: what could break out of any of them is refused here.
const name = z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]{0,62}$/, "must be a plain name: letters, digits, _ and -, at most 63");
const word = z.string().regex(/^[A-Za-z0-9][\w-]*$/, "must be a plain name: letters, digits, _ and -");
const host = z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/, "must be a host name or an address");
const distinct = z.array(name).refine((all) => new Set(all).size === all.length, "names one twice");
const names = distinct.min(1, "must name at least one");
const whole = (least: number, most: number) =>
    z
        .string()
        .regex(/^\d+$/, `must be a whole number from ${least} to ${most}`)
        .transform(Number)
        .refine((n) => n >= least && n <= most, `must be from ${least} to ${most}`);
const port = whole(1, 65535);
const flag = z.enum(["true", "false"], "must be true or false").transform((text) => text === "true");
const seconds = whole(0, 86_400);
const list = (items: z.ZodType<string[]>) =>
    z
        .string()
        .transform((text, context) => {
            try {
                return JSON.parse(text) as unknown;
            } catch {
                context.addIssue("must be a list");
                return z.NEVER;
            }
        })
        .pipe(items);
const image = z.string().regex(/^[a-z0-9][\w.:/-]*(@sha256:[0-9a-f]{64})?$/, "must be an image as name:tag@sha256:…");

const schema = z.object({
    databaseNetwork: z
        .string()
        .regex(/^([A-Za-z0-9][\w.-]*)?$/, "must be the name of the database's Docker network, or empty to look it up"),
    databaseHost: host,
    databasePort: port,
    databases: list(names),
    otherConnections: whole(0, 100_000),
    pipelineTable: z.string().regex(/^([A-Za-z_]\w{0,62}\.[A-Za-z_]\w{0,62})?$/, "must be schema.table, or empty for none"),
    listenPort: whole(1024, 65535),
    maxClientConn: whole(1, 100_000),
    defaultPoolSize: whole(1, 10_000),
    minPoolSize: whole(0, 10_000),
    reservePoolSize: whole(0, 10_000),
    reservePoolTimeout: seconds,
    maxDbConnections: whole(1, 10_000),
    serverIdleTimeout: seconds,
    idleTransactionTimeout: seconds,
    queryWaitTimeout: seconds,
    queryTimeout: seconds,
    clientLoginTimeout: whole(1, 3600),
    serverResetQueryAlways: flag,
    ignoreStartupParameters: list(
        z.array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_.]*$/, "must be names of startup parameters: letters, digits, _ and .")),
    ),
    adminUsers: list(distinct),
    authUser: name
        .max(61, "must have at most 61 characters, since a rotation adds _2")
        .refine((text) => !systemName(text), "must be no name that PostgreSQL keeps for itself (pg_…, public, a reserved word)"),
    rotation: whole(0, 1_000_000),
    authFunction: z
        .string()
        .regex(/^[a-z_][a-z0-9_]{0,62}\.[a-z_][a-z0-9_]{0,62}$/, "must be schema.function, in lower case")
        .refine(
            (text) => !systemName(text.split(".")[0]!, ["information_schema"]),
            "must be in no schema of PostgreSQL's own, nor in one named by a reserved word",
        ),
    pgbouncerAlias: host,
    pgbouncerImage: image,
    // The provider gives a container's stop and removal 20 min together.
    pgbouncerStopGrace: whole(10, 1140),
    pgadminImage: image,
    pgadminEmail: emailAddress,
    pgadminPassword: z.string().refine((text) => text === "" || text.length >= 6, "must have at least 6 characters, or be left out"),
    pgadminDomain: z.union([z.literal(""), host], "must be a host name, without https://"),
    proxyNetwork: z.string().regex(/^[A-Za-z0-9][\w.-]*$/, "must be the name of the proxy's Docker network"),
    proxyTls: flag,
    proxyEntrypoint: word,
    proxyRedirectFrom: z.union([z.literal(""), word], "must be the name of an entrypoint, or empty for none"),
    proxyCertResolver: z.union([z.literal(""), word], "must be the name of a certificate resolver, or empty for none"),
    pgadminPort: whole(0, 65535),
    pgadminDirect: flag,
    // The provider gives up after 20 min, whatever is set.
    pgadminStartTimeout: whole(30, 1080),
    pgadminVolume: z.string().regex(/^[A-Za-z0-9][\w.-]+$/, "must be the name of a Docker volume"),
});

export type Key = keyof typeof schema.shape;

/** Whether PostgreSQL refuses a role or schema of this name, or SQL would read it as a word of its own. */
function systemName(text: string, more: string[] = ["public", "none"]): boolean {
    return /^pg_/i.test(text) || [...more, ...reservedWords].includes(text.toLowerCase());
}

// What a command that mends a required key shows in the value's place.
const examples: Partial<Record<Key, string>> = {
    pgadminEmail: "you@example.com",
};

/** The defaults in Pulumi.yaml, as the CLI hands them to a program. */
export function projectDefaults(): Record<Key, string> {
    const text = fs.readFileSync(path.join(__dirname, "../Pulumi.yaml"), "utf8");
    const project = load(text) as { config: Record<Key, { default: unknown }> };
    const ours = Object.entries(project.config).filter(([key]) => !key.includes(":"));
    return Object.fromEntries(
        ours.map(([key, { default: value }]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
    ) as Record<Key, string>;
}

interface RawConfig {
    project: string;
    stack: string;
    /** Every configured value by its full key, `namespace:key`. */
    values: Record<string, string>;
    /** The full keys that are stored encrypted. */
    secretKeys: string[];
    env: NodeJS.ProcessEnv;
}

/** Checks `raw` and returns the settings, or throws one `SettingsError` that lists every mistake. */
export function parseSettings(raw: RawConfig): Settings {
    const mistakes: string[] = [];
    const remove = (key: string) => `pulumi config rm --stack ${raw.stack} ${key}`;
    const mend = (key: string, value: string, secret = false) =>
        value.startsWith("[") // a list is set one by one; without any, it is the default
            ? `${remove(key)}   (its default: ${value === "[]" ? "postgresql:username" : value})`
            : `pulumi config set --stack ${raw.stack} ${secret ? "--secret " : ""}${key} ${value}`;
    const complain = (key: string, what: string, remedy: string) => mistakes.push(`${key} ${what}\n      Fix: ${remedy}`);

    const ours: Record<string, string> = { ...projectDefaults() };
    const known = Object.keys(schema.shape) as Key[];
    for (const [full, value] of Object.entries(raw.values)) {
        const [namespace, key] = splitKey(full);
        if (namespace !== raw.project) continue;
        if ((known as string[]).includes(key)) {
            ours[key] = value;
        } else {
            const meant = closest(key, known);
            complain(full, `is no setting of this project${meant ? `; ${meant} is` : ""}`, remove(full));
        }
    }

    const parsed = schema.safeParse(ours);
    for (const issue of parsed.error?.issues ?? []) {
        const key = String(issue.path[0]) as Key;
        const given = ours[key] ?? "";
        const shown = given === "" ? "is missing: it" : key === "pgadminPassword" ? "(hidden)" : `is ${JSON.stringify(given)}: it`;
        const example = examples[key] ?? projectDefaults()[key];
        complain(`${raw.project}:${key}`, `${shown} ${issue.message}`, mend(key, example || "…", key === "pgadminPassword"));
    }

    for (const key of [`${raw.project}:pgadminPassword`, "postgresql:password", "docker:keyMaterial"]) {
        if (raw.values[key] && !raw.secretKeys.includes(key)) {
            complain(
                key,
                "is a secret, but stored in plain text",
                `${mend(key.replace(`${raw.project}:`, ""), key === "docker:keyMaterial" ? "< key.pem" : "…", true)}   (and change it: the plain one is in your files)`,
            );
        }
    }

    const provider = (key: string, env: string) => raw.values[key] || raw.env[env] || "";
    const databaseServer = readDatabaseServer(raw, { complain, set: mend, remove });

    const dockerHost = provider("docker:host", "DOCKER_HOST") || defaultHost;
    const wrongHost = judgeDockerHost(dockerHost);
    if (wrongHost) complain("docker:host", wrongHost.what, mend("docker:host", wrongHost.value));
    const sshOpts = sshOptions(raw.values["docker:sshOpts"]);
    if (!sshOpts) {
        complain(
            "docker:sshOpts",
            `is ${JSON.stringify(raw.values["docker:sshOpts"])}: it must be a list of ssh's arguments`,
            `${remove("docker:sshOpts")}   (Pulumi.yaml has one; what is special about a host belongs into ~/.ssh/config)`,
        );
    }

    const variable = (part: string) => `DOCKER_${part.replace(/[A-Z]/g, "_$&").toUpperCase()}`;
    const ofDocker = (part: string) => provider(`docker:${part}`, variable(part));
    /** Takes away all that is set of these. */
    const clear = (parts: string[]) =>
        parts
            .flatMap((part) => [
                ...(raw.values[`docker:${part}`] ? [remove(`docker:${part}`)] : []),
                ...(raw.env[variable(part)] ? [`unset ${variable(part)}`] : []),
            ])
            .join("; ");
    const context = ofDocker("context");
    if (context !== "") {
        complain(
            "docker:context",
            `is ${JSON.stringify(context)}: it would lead the provider past docker:host (${dockerHost}), to another engine than all else here`,
            `${clear(["context"])}; ` + mend("docker:host", `$(docker context inspect ${context} -f '{{.Endpoints.docker.Host}}')`),
        );
    }
    const certPath = ofDocker("certPath");
    const materials = ["caMaterial", "certMaterial", "keyMaterial"];
    const [ca, cert, key] = materials.map(ofDocker) as [string, string, string];
    const given = [ca, cert, key].filter((material) => material !== "").length;
    if ((given > 0 || certPath !== "") && !dockerHost.startsWith("tcp:")) {
        complain(
            certPath !== "" ? "docker:certPath" : "docker:certMaterial",
            `is for tcp://HOST:PORT, and docker:host is ${dockerHost}`,
            clear(["certPath", ...materials]),
        );
    } else if (given > 0 && (given < 3 || certPath !== "")) {
        complain(
            "docker:certMaterial",
            "goes with docker:caMaterial and docker:keyMaterial, all three of them, and not with docker:certPath",
            `${clear(materials)}${certPath !== "" ? "" : `; ${mend("docker:certPath", "FOLDER")}`}   (the folder of ca.pem, cert.pem and key.pem)`,
        );
    }

    // The superuser that the program itself logs in as, unless somebody else is named.
    const followed = parsed.success && parsed.data.adminUsers.length === 0;
    const adminUsers = followed ? [databaseServer.username] : (parsed.data?.adminUsers ?? []);
    if (followed && !name.safeParse(databaseServer.username).success) {
        complain(
            `${raw.project}:adminUsers`,
            `follows postgresql:username, which is ${JSON.stringify(databaseServer.username)}: no plain name`,
            mend("--path 'adminUsers[0]'", "NAME"),
        );
    }
    if (parsed.success) {
        for (const { key, what, value } of contradictions({ ...parsed.data, adminUsers }, raw.stack)) {
            complain(`${raw.project}:${key}`, what, mend(key, value));
        }
    }
    if (mistakes.length > 0 || !parsed.success) {
        throw new SettingsError(
            `the settings of stack ${raw.stack} have ${mistakes.length === 1 ? "a mistake" : `${mistakes.length} mistakes`}; nothing was changed:\n` +
                mistakes.map((line) => `  - ${line}`).join("\n"),
        );
    }
    return {
        ...parsed.data,
        adminUsers,
        stack: raw.stack,
        databaseServer,
        docker: {
            host: dockerHost,
            sshOpts: sshOpts ?? [],
            ...(certPath !== "" ? { tls: { certPath } } : given > 0 ? { tls: { ca, cert, key } } : {}),
        },
    };
}

/** Reads the settings of the stack that runs. */
export function readSettings(): Settings {
    const values = pulumi.runtime.allConfig();
    return parseSettings({
        project: pulumi.getProject(),
        stack: pulumi.getStack(),
        values,
        secretKeys: secretKeys(),
        env: process.env,
    });
}

interface Contradiction {
    key: Key;
    what: string;
    value: string;
}

/** What is right for each key alone but not together. */
function contradictions(settings: z.infer<typeof schema>, stack: string): Contradiction[] {
    const found: Contradiction[] = [];
    const { minPoolSize, defaultPoolSize, maxDbConnections } = settings;
    if (minPoolSize > defaultPoolSize) {
        const what = `is ${minPoolSize}, more than defaultPoolSize (${defaultPoolSize})`;
        found.push({ key: "minPoolSize", what, value: String(defaultPoolSize) });
    }
    if (defaultPoolSize > maxDbConnections) {
        const what = `is ${defaultPoolSize}, more than maxDbConnections (${maxDbConnections}) lets a database have`;
        found.push({ key: "defaultPoolSize", what, value: String(maxDbConnections) });
    }
    for (const key of ["databases", "adminUsers"] as const) {
        const reserved = key === "databases" ? ["pgbouncer", lookupDatabase] : lookupRoles(settings.authUser);
        const taken = settings[key].find((one) => reserved.includes(one));
        if (taken) found.push({ key, what: `names ${taken}, which the pooler keeps for itself`, value: projectDefaults()[key] });
    }
    // Names that are others' on the pooler's networks, or that Docker's DNS never answers to.
    const { pgbouncerAlias, databaseHost } = settings;
    const alias =
        pgbouncerAlias === databaseHost
            ? "that of the database (databaseHost)"
            : pgbouncerAlias === "pgadmin"
              ? "pgAdmin's"
              : pgbouncerAlias === "localhost"
                ? "each container's own"
                : /^[\d.]+$/.test(pgbouncerAlias)
                  ? "an address"
                  : undefined;
    if (alias !== undefined) {
        const value = databaseHost === "pgbouncer" ? "pgbouncer-pool" : "pgbouncer";
        found.push({ key: "pgbouncerAlias", what: `is ${pgbouncerAlias}, which is ${alias}, and can't be the pooler's name`, value });
    }
    if (!settings.proxyTls && settings.proxyEntrypoint === projectDefaults().proxyEntrypoint) {
        const what = `is ${settings.proxyEntrypoint}, an entrypoint for HTTPS, while proxyTls is false`;
        found.push({ key: "proxyEntrypoint", what, value: "http" });
    }
    for (const key of ["pgbouncerImage", "pgadminImage"] as const) {
        if (stack !== "local" && !settings[key].includes("@sha256:")) {
            const what = `is ${settings[key]}, without a digest: tomorrow it may be another image`;
            found.push({ key, what, value: `${settings[key]}@sha256:…` });
        }
    }
    return found;
}

/** What the providers could not take as their host, and what would be right; undefined where they can. */
function judgeDockerHost(host: string): { what: string; value: string } | undefined {
    if (!/^(unix:\/\/\/|(tcp|http|ssh):\/\/[^/])/.test(host) || !URL.canParse(host)) {
        const what = `is ${JSON.stringify(host.replace(/:[^:@/]*@/, ":(hidden)@"))}: it must be unix:///PATH, tcp://HOST:PORT or ssh://USER@HOST`;
        return { what, value: "ssh://USER@HOST" };
    }
    const url = new URL(host);
    if (url.password === "" && url.search === "" && url.hash === "") return undefined;
    const part =
        url.password !== "" ? "has a password, which ssh takes from nobody but a person" : `has more than a host: ${url.search}${url.hash}`;
    for (const one of ["password", "search", "hash"] as const) url[one] = "";
    return { what: part, value: `${url.href}   (with a key for it: ssh-copy-id, and ssh-add or ~/.ssh/config)` };
}

/** The list that `docker:sshOpts` is, or undefined where it is none. */
function sshOptions(text = "[]"): string[] | undefined {
    return list(z.array(z.string())).safeParse(text).data;
}

function splitKey(full: string): [string, string] {
    const at = full.indexOf(":");
    return [full.slice(0, at), full.slice(at + 1)];
}

/** The known name that `word` most likely is a misspelling of, if any is near. */
function closest(word: string, known: string[]): string | undefined {
    const flat = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, "");
    return (
        known.find((one) => flat(one) === flat(word)) ??
        known.find((one) => flat(one).includes(flat(word)) || flat(word).includes(flat(one)))
    );
}

/** The keys stored encrypted: the SDK reads them from its environment, but exports no function that tells them. */
function secretKeys(): string[] {
    return JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS ?? "[]") as string[];
}
