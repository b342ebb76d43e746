import * as providerConfig from "@pulumi/postgresql/config";
import { copied, shown } from "../findings/quoting";
import { Mistakes } from "./mistakes";
import { provided, ProviderKey, RawConfig } from "./raw";

/** Names of this machine, at which a tunnel listens. */
export const loopbackHosts = ["127.0.0.1", "localhost"];

/** How TLS is used, by libpq's names. Only those that every version of the provider's driver knows: lib/pq before 1.12 lacks prefer and allow. */
export const sslModes = ["disable", "require", "verify-ca", "verify-full"] as const;
export type SslMode = (typeof sslModes)[number];

/** How the postgresql provider connects. The provider reads its namespace itself; the program needs the values for its checks and commands. */
export interface DatabaseServer {
    host: string;
    port: number;
    username: string;
    password: string;
    /** Database the provider itself connects to. */
    database: string;
    /** Whether the provider takes its user for a superuser: it then reads passwords, and fails if PostgreSQL refuses it. */
    superuser: boolean;
    sslmode: SslMode;
    /** File of the CA's certificate; "" for none. With one, `require` is as strict as `verify-ca`. */
    sslRootCert: string;
    /** The client certificate and its key. */
    clientCert?: ClientCert;
}

export interface ClientCert {
    /** A file, or its contents if `inline`. */
    cert: string;
    key: string;
    inline: boolean;
}

/** The keys of the postgresql provider that the program reads too. */
export const databaseKeys = {
    host: {
        variable: "PGHOST",
        description: "Host at which this machine reaches the database (required): 127.0.0.1 with a tunnel. An IPv6 address needs brackets.",
    },
    port: {
        variable: "PGPORT",
        default: "5432",
        description: "Port at which this machine reaches the database; with a tunnel, the tunnel's.",
    },
    username: {
        variable: "PGUSER",
        default: "postgres",
        description: "Role that the provider and the commands log in as: a superuser, or one with the rights that the preflight names.",
    },
    password: { variable: "PGPASSWORD", description: "Its password (required), as a secret." },
    database: { variable: "PGDATABASE", default: "postgres", description: "Database to which the provider itself connects." },
    superuser: {
        variable: "PGSUPERUSER",
        default: "true",
        description: "Whether postgresql:username is a superuser: true or false. The provider can't find out by itself.",
    },
    sslmode: {
        variable: "PGSSLMODE",
        default: "require",
        description: "disable, require, verify-ca or verify-full. Within a tunnel, disable.",
    },
    sslrootcert: { variable: "PGSSLROOTCERT", description: "File of the CA's certificate. With one, require is as strict as verify-ca." },
    clientcert: {
        description:
            "Client certificate: its parts cert and key, as files (else PGSSLCERT and PGSSLKEY), or their contents if sslinline is true (key then as a secret).",
    },
} satisfies Record<string, ProviderKey>;

const hasControls = /[\x00-\x1f\x7f\u2028-\u202e]/;

/** What a fix shows for a value. */
const placeholders = { host: "HOST", username: "NAME", database: "NAME", sslrootcert: "FILE" };
/** What Go's strconv.ParseBool takes, by which the provider reads its environment. */
const booleans = new Map([
    ...["1", "t", "T", "TRUE", "true", "True"].map((word) => [word, true] as const),
    ...["0", "f", "F", "FALSE", "false", "False"].map((word) => [word, false] as const),
]);

/** Reads how the provider would connect, and reports what it or the program would refuse. */
export function readDatabaseServer(raw: RawConfig, mistakes: Mistakes): DatabaseServer {
    const { values, env } = raw;
    const read = (key: keyof typeof databaseKeys) => provided(raw, `postgresql:${key}`, databaseKeys[key]);
    const host = read("host");
    const port = read("port");
    const password = read("password");
    // The provider knows this key by a second name.
    const sslmode = values["postgresql:sslmode"] || env.PGSSLMODE || values["postgresql:sslMode"] || databaseKeys.sslmode.default;
    const sslRootCert = read("sslrootcert");
    const clientCert = readClientCert(values["postgresql:clientcert"], env);

    const superuser = booleans.get(read("superuser"));

    refuseUnknownKeys(raw, mistakes);
    if (!host)
        mistakes.add(
            "postgresql:host",
            "is missing: it is the host at which this machine reaches the database",
            mistakes.set("postgresql:host", "HOST"),
        );
    for (const key of Object.keys(placeholders) as (keyof typeof placeholders)[]) {
        const value = read(key);
        const most = key === "username" || key === "database" ? 63 : 4096; // of PostgreSQL's names, and of a file's
        if (!hasControls.test(value) && Buffer.byteLength(value) <= most) continue;
        const what = hasControls.test(value) ? "has a control character" : `is longer than ${most} bytes`;
        mistakes.add(`postgresql:${key}`, `is ${shown(value)}: it ${what}`, mistakes.set(`postgresql:${key}`, placeholders[key]));
    }
    if (password.includes("\0")) {
        mistakes.add("postgresql:password", "has a NUL, which no password can have", mistakes.setSecret("postgresql:password"));
    }
    if (/^[^[].*:/.test(host)) {
        mistakes.add(
            "postgresql:host",
            `is ${shown(host)}: an IPv6 address needs brackets`,
            mistakes.set("postgresql:host", copied(`[${host}]`, "HOST")),
        );
    }
    if (!password) {
        mistakes.add("postgresql:password", "is missing (PGPASSWORD works too)", mistakes.setSecret("postgresql:password"));
    }
    if (!/^\d+$/.test(port) || Number(port) < 1 || Number(port) > 65535) {
        mistakes.add("postgresql:port", `is ${shown(port)}: it must be a port, from 1 to 65535`, mistakes.set("postgresql:port", "5432"));
    }
    if (superuser === undefined) {
        mistakes.add(
            "postgresql:superuser",
            `is ${shown(read("superuser") ?? "")}: it must be true or false`,
            mistakes.set("postgresql:superuser", "false"),
        );
    }
    if (!isSslMode(sslmode)) {
        const tunnelled = loopbackHosts.includes(host);
        mistakes.add(
            "postgresql:sslmode",
            `is ${shown(sslmode)}: it must be one of ${sslModes.join(", ")} (the provider knows no others)`,
            mistakes.set("postgresql:sslmode", tunnelled ? "disable" : "require") +
                (tunnelled ? "   (or require, if the server has TLS)" : "   (or disable, if the server has no TLS)"),
        );
    }
    if (clientCert === "broken") {
        mistakes.add(
            "postgresql:clientcert",
            "needs both cert and key, as files",
            ["cert", "key"].map((part) => `${mistakes.set(`--path postgresql:clientcert.${part}`, "FILE")}`).join("; "),
        );
    }
    return {
        host,
        port: Number(port),
        username: read("username"),
        password,
        database: read("database"),
        superuser: superuser ?? true,
        sslmode: isSslMode(sslmode) ? sslmode : "require",
        sslRootCert,
        ...(typeof clientCert === "object" ? { clientCert } : {}),
    };
}

/** The provider's keys, and those that Pulumi itself reads in a provider's namespace. */
const providerKeys = [...Object.keys(providerConfig), "version", "pluginDownloadURL"];

/** Reports keys that the provider would ignore. */
function refuseUnknownKeys({ values }: RawConfig, mistakes: Mistakes): void {
    for (const [key, value] of Object.entries(values)) {
        if (!key.startsWith("postgresql:")) continue;
        const name = key.slice("postgresql:".length);
        if (providerKeys.includes(name)) continue;
        const meant = providerKeys.find((one) => one.toLowerCase() === name.toLowerCase().replace(/_/g, ""));
        const fixes = [mistakes.remove(key)];
        if (meant === "password") fixes.push(mistakes.setSecret("postgresql:password", "VALUE"));
        else if (meant) fixes.push(mistakes.set(`postgresql:${meant}`, copied(value, "VALUE")));
        const what = `is not a setting of the postgresql provider${meant ? `: did you mean ${meant}?` : ""}`;
        mistakes.add(key, what, fixes.join("; "));
    }
}

const isSslMode = (word: string): word is SslMode => (sslModes as readonly string[]).includes(word);

/** The client certificate, or "broken" if only half of it is set; undefined if none is. */
export function readClientCert(text: string | undefined, env: NodeJS.ProcessEnv): ClientCert | "broken" | undefined {
    let given: { cert?: unknown; key?: unknown; sslinline?: unknown } = { cert: env.PGSSLCERT, key: env.PGSSLKEY };
    if (text) {
        try {
            given = { ...(JSON.parse(text) as typeof given | null) };
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
