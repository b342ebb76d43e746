import * as providerConfig from "@pulumi/postgresql/config";
import { shellWord } from "../findings/quoting";
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
    username: { variable: "PGUSER", default: "postgres", description: "Superuser that the provider and the commands log in as." },
    password: { variable: "PGPASSWORD", description: "Its password (required), as a secret." },
    database: { variable: "PGDATABASE", default: "postgres", description: "Database to which the provider itself connects." },
    sslmode: {
        variable: "PGSSLMODE",
        default: "require",
        description: "disable, require, verify-ca or verify-full. Within a tunnel, disable.",
    },
    sslrootcert: { variable: "PGSSLROOTCERT", description: "File of the CA's certificate. With one, require is as strict as verify-ca." },
    clientcert: {
        description:
            "Client certificate: its parts cert and key, as files (else PGSSLCERT and PGSSLKEY), or their contents if sslinline is true.",
    },
} satisfies Record<string, ProviderKey>;

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

    refuseUnknownKeys(raw, mistakes);
    if (!host)
        mistakes.add(
            "postgresql:host",
            "is missing: it is the host at which this machine reaches the database",
            mistakes.set("postgresql:host", "HOST"),
        );
    if (/^[^[].*:/.test(host)) {
        mistakes.add(
            "postgresql:host",
            `is ${JSON.stringify(host)}: an IPv6 address needs brackets`,
            mistakes.set("postgresql:host", shellWord(`[${host}]`)),
        );
    }
    if (!password) {
        mistakes.add("postgresql:password", "is missing (PGPASSWORD works too)", mistakes.setSecret("postgresql:password"));
    }
    if (!/^\d+$/.test(port) || Number(port) < 1 || Number(port) > 65535) {
        mistakes.add(
            "postgresql:port",
            `is ${JSON.stringify(port)}: it must be a port, from 1 to 65535`,
            mistakes.set("postgresql:port", "5432"),
        );
    }
    if (!isSslMode(sslmode)) {
        const tunnelled = loopbackHosts.includes(host);
        mistakes.add(
            "postgresql:sslmode",
            `is ${JSON.stringify(sslmode)}: it must be one of ${sslModes.join(", ")} (the provider knows no others)`,
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
        else if (meant) fixes.push(mistakes.set(`postgresql:${meant}`, shellWord(value)));
        const what = `is not a setting of the postgresql provider${meant ? `: did you mean ${meant}?` : ""}`;
        mistakes.add(key, what, fixes.join("; "));
    }
}

const isSslMode = (word: string): word is SslMode => (sslModes as readonly string[]).includes(word);

/** The client certificate, or "broken" if only half of it is set; undefined if none is. */
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
