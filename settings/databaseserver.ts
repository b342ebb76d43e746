import * as providerConfig from "@pulumi/postgresql/config";
import { shellWord } from "../findings/quoting";

/** Names of this machine itself, where a tunnel begins. */
export const locals = ["127.0.0.1", "localhost"];

/** How TLS is used, in libpq's words: those that each version of the provider's driver knows (lib/pq before 1.12 has no prefer and no allow). */
export const sslModes = ["disable", "require", "verify-ca", "verify-full"] as const;
export type SslMode = (typeof sslModes)[number];

/** Where the postgresql provider connects: its own namespace, read here for the checks only. */
export interface DatabaseServer {
    host: string;
    port: number;
    username: string;
    password: string;
    /** Database the provider itself connects to. */
    database: string;
    sslmode: SslMode;
    /** File of the CA's certificate; "" for none. With one, `require` is as strict as `verify-ca`. */
    sslRootCert: string;
    /** Files of our own certificate and its key, or what they would hold if it is inline. */
    clientCert?: ClientCert;
}

export interface ClientCert {
    cert: string;
    key: string;
    inline: boolean;
}

interface Given {
    values: Record<string, string>;
    env: NodeJS.ProcessEnv;
}

/** How a mistake is reported, and the commands that fix one. */
interface Report {
    complain: (key: string, what: string, fix: string) => void;
    set: (key: string, value: string, secret?: boolean) => string;
    remove: (key: string) => string;
}

/** Reads what the provider would connect by, and reports what it would refuse. */
export function readDatabaseServer({ values, env }: Given, { complain, set, remove }: Report): DatabaseServer {
    const given = (key: string, variable: string) => values[`postgresql:${key}`] || env[variable] || "";
    const host = given("host", "PGHOST");
    const port = given("port", "PGPORT") || "5432";
    const password = given("password", "PGPASSWORD");
    const sslmode = given("sslmode", "PGSSLMODE") || values["postgresql:sslMode"] || "require";
    const sslRootCert = given("sslrootcert", "PGSSLROOTCERT");
    const clientCert = readClientCert(values["postgresql:clientcert"], env);

    for (const key of Object.keys(values).filter((one) => one.startsWith("postgresql:"))) {
        const name = key.slice("postgresql:".length);
        if (providerKeys.includes(name)) continue;
        const meant = providerKeys.find((one) => one.toLowerCase() === name.toLowerCase().replace(/_/g, ""));
        const value = meant && meant !== "password" ? shellWord(values[key]!) : "VALUE";
        complain(
            key,
            `is no setting of the postgresql provider${meant ? `; ${meant} is` : ""}`,
            remove(key) + (meant ? `; ${set(`postgresql:${meant}`, value, meant === "password")}` : ""),
        );
    }
    if (!host) complain("postgresql:host", "is missing: where the database is reached from here", set("postgresql:host", "HOST"));
    if (/^[^[].*:/.test(host)) {
        complain(
            "postgresql:host",
            `is ${JSON.stringify(host)}: an IPv6 address needs brackets`,
            set("postgresql:host", shellWord(`[${host}]`)),
        );
    }
    if (!password) {
        complain("postgresql:password", "is missing (PGPASSWORD serves as well)", set("postgresql:password", "…", true));
    }
    if (!/^\d+$/.test(port) || Number(port) < 1 || Number(port) > 65535) {
        complain("postgresql:port", `is ${JSON.stringify(port)}: it must be a port`, set("postgresql:port", "5432"));
    }
    if (!isSslMode(sslmode)) {
        const tunnelled = locals.includes(host);
        complain(
            "postgresql:sslmode",
            `is ${JSON.stringify(sslmode)}: it must be one of ${sslModes.join(", ")}, as the provider knows no other word`,
            set("postgresql:sslmode", tunnelled ? "disable" : "require") +
                (tunnelled ? "   (or require, if the server has TLS)" : "   (or disable, if the server has no TLS)"),
        );
    }
    if (clientCert === "broken") {
        complain(
            "postgresql:clientcert",
            "needs both of cert and key, as files",
            ["cert", "key"].map((part) => `${set(`--path postgresql:clientcert.${part}`, "FILE")}`).join("; "),
        );
    }
    return {
        host,
        port: Number(port),
        username: given("username", "PGUSER") || "postgres",
        password,
        database: given("database", "PGDATABASE") || "postgres",
        sslmode: isSslMode(sslmode) ? sslmode : "require",
        sslRootCert,
        ...(typeof clientCert === "object" ? { clientCert } : {}),
    };
}

// What Pulumi itself reads of a provider's namespace comes on top.
const providerKeys = [...Object.keys(providerConfig), "version", "pluginDownloadURL"];

const isSslMode = (word: string): word is SslMode => (sslModes as readonly string[]).includes(word);

/** The certificate that is set, or "broken" if half of it is; undefined if none is. */
function readClientCert(text: string | undefined, env: NodeJS.ProcessEnv): ClientCert | "broken" | undefined {
    let given: { cert?: unknown; key?: unknown; sslinline?: unknown } = { cert: env.PGSSLCERT, key: env.PGSSLKEY };
    if (text) {
        try {
            given = JSON.parse(text) as typeof given;
        } catch {
            return "broken";
        }
    }
    const { cert, key, sslinline } = given;
    if (!text && !cert && !key) return undefined;
    return typeof cert === "string" && typeof key === "string" && cert && key
        ? { cert, key, inline: String(sslinline) === "true" }
        : "broken";
}
