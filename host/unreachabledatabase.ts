import { isIP } from "net";
import { configRemove, configSet, configSetSecret } from "../findings/commands";
import { error, Finding, unchecked } from "../findings/finding";
import { shellWord, sqlName } from "../findings/quoting";
import { loopbackHosts } from "../settings/databaseserver";
import { Settings } from "../settings/settings";
import { ConnectFailure, PoolerError, TlsFileError } from "./postgres";
import { inDatabaseContainer, upCommand, viaTunnel } from "./remedies";
import { unknownCa } from "./unknownca";

interface Failed {
    cause: ConnectFailure;
    /** The error message of the driver or the server. */
    message: string;
    /** `host:port`. */
    where: string;
    settings: Settings;
    /** Name of the database's container, if it is known. */
    container?: string;
}

interface Rule {
    /** SQLSTATEs, or Node's error codes; any by default. */
    codes?: string[];
    /** The server's functions that may have raised the error; any by default. No server translates them, as it does messages. */
    routines?: string[];
    pattern?: RegExp;
    finding: (failed: Failed) => Finding;
}

const setHost = (settings: Settings) =>
    `${configSet(settings, "postgresql:host", "HOST")}; ${configSet(settings, "postgresql:port", "PORT")}`;

const setCertificate = (settings: Settings) =>
    ["cert", "key"].map((part) => configSet(settings, `--path postgresql:clientcert.${part}`, "FILE")).join("; ");

/** The command that appends a line to pg_hba.conf and reloads the server's configuration. */
function addEntry({ settings, container }: Failed, type: "host" | "hostnossl" | "hostssl", address: string): string {
    const user = /^\w+$/.test(settings.databaseServer.username)
        ? settings.databaseServer.username
        : sqlName(settings.databaseServer.username);
    const line = `${type} all ${user} ${address}/${address.includes(":") ? 128 : 32} scram-sha-256`;
    return inDatabaseContainer(settings, container, `echo ${shellWord(line)} >> "$PGDATA/pg_hba.conf" && kill -HUP 1`);
}

/** How a person has a line of pg_hba.conf accept what another one rejects. */
const beforeRejecting = (settings: Settings, container?: string) =>
    `put a line that accepts it before that line, then SELECT pg_reload_conf(); the lines: ` +
    inDatabaseContainer(settings, container, `grep -n reject "$PGDATA/pg_hba.conf"`);

/** Ends the idle backends, by their process titles: what pg_terminate_backend does, without a connection. */
const endIdle = `for p in /proc/[0-9]*; do if tr -d '\\0' < $p/cmdline 2> /dev/null | grep -q '^postgres: .* idle *$'; then kill \${p#/proc/}; fi; done`;

/** The first rule that matches counts. A server that can't be reached is `unchecked`; what is wrong from everywhere is an error. */
const rules: Rule[] = [
    {
        pattern: /does not support SSL/,
        finding: ({ where, settings }) =>
            error(
                `postgresql:sslmode: the server at ${where} has no TLS, and sslmode ${settings.databaseServer.sslmode} needs it`,
                configSet(settings, "postgresql:sslmode", "disable"),
            ),
    },
    {
        codes: ["ENOTFOUND", "EAI_AGAIN"],
        finding: ({ message, settings }) =>
            unchecked(
                `the database can't be reached from here: there is no host ${settings.databaseServer.host} (${message})`,
                configSet(settings, "postgresql:host", "HOST"),
            ),
    },
    {
        codes: ["DEPTH_ZERO_SELF_SIGNED_CERT"],
        finding: ({ where, settings }) =>
            error(
                `postgresql:sslrootcert: the server at ${where} has a self-signed certificate`,
                // With -out, openssl writes no file if it got no certificate.
                `${viaTunnel(settings)}openssl s_client -starttls postgres -connect ${shellWord(where)} < /dev/null 2> /dev/null | openssl x509 -out server.pem && ` +
                    `${configSet(settings, "postgresql:sslrootcert", '"$PWD/server.pem"')}   (this trusts what answers there now, so make sure first that it is the server)`,
            ),
    },
    {
        codes: unknownCa,
        finding: ({ message, where, settings }) =>
            error(
                `postgresql:sslrootcert: the certificate of the server at ${where} is signed by a CA that is not known here (${message})`,
                `${configSet(settings, "postgresql:sslrootcert", "FILE")}   (that CA's certificate, from its administrator)`,
            ),
    },
    {
        codes: ["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"],
        finding: ({ message, where, settings }) =>
            error(
                `postgresql:sslmode: the certificate of the server at ${where} is not valid now (${message})`,
                `give the server a new one (SHOW ssl_cert_file, then SELECT pg_reload_conf()), or stop checking it: ` +
                    `${configSet(settings, "postgresql:sslmode", "require")}; ${configRemove(settings, "postgresql:sslrootcert")}`,
            ),
    },
    {
        codes: ["ERR_TLS_CERT_ALTNAME_INVALID"],
        finding: ({ message, where, settings }) =>
            error(
                `postgresql:sslmode: the certificate of the server at ${where} is for another name (${message})`,
                loopbackHosts.includes(settings.databaseServer.host)
                    ? `${configSet(settings, "postgresql:sslmode", "verify-ca")}   (through a tunnel, the server's CA can be checked, but not its name)`
                    : `${configSet(settings, "postgresql:host", "NAME")}   (a name that the certificate is for), or: ${configSet(settings, "postgresql:sslmode", "verify-ca")}`,
            ),
    },
    {
        codes: ["28P01"],
        finding: ({ message, where, settings }) =>
            error(
                `postgresql:password: the database at ${where} turns ${settings.databaseServer.username} away (${message}): ` +
                    `the password is wrong, or there is no such role`,
                `${configSetSecret(settings, "postgresql:password")}   (asks for it), or, for another role: ${configSet(settings, "postgresql:username", "NAME")}`,
            ),
    },
    {
        codes: ["28000"],
        pattern: /pg_hba.conf rejects connection/,
        finding: ({ message, where, settings, container }) =>
            error(
                `postgresql:host: a line of the pg_hba.conf of the database at ${where} rejects this connection (${message})`,
                beforeRejecting(settings, container),
            ),
    },
    {
        // Every translation of the message has the file's name.
        codes: ["28000"],
        pattern: /pg_hba\.conf/,
        finding: (failed) => {
            const { message, where, settings, cause } = failed;
            const what = `the database at ${where} has no entry in its pg_hba.conf for this connection (${message})`;
            if (cause.worksWith) {
                const tls =
                    cause.worksWith === "require" ? "it has one for connections with TLS" : "it has one for connections without TLS";
                return error(`postgresql:sslmode: ${what}; ${tls}`, configSet(settings, "postgresql:sslmode", cause.worksWith));
            }
            const address = message.split(/[^\w.:%]+/).find((word) => isIP(word) !== 0) ?? "ADDRESS";
            const add = addEntry(failed, "host", address);
            // In another language, the same words may say that a line rejects it.
            const isEnglish = message.startsWith("no pg_hba.conf entry");
            const fix = isEnglish ? add : `${add}, or, if a line there rejects it: ${beforeRejecting(settings, failed.container)}`;
            return error(`postgresql:host: ${what}`, fix);
        },
    },
    {
        codes: ["28000"],
        routines: ["InitializeSessionUserId"],
        pattern: /^(?!role .* does not exist$)/,
        finding: ({ message, where, settings }) => {
            // In another language, the same function may say that there is no such role.
            const unsure = /is not permitted to log in/.test(message) ? "" : ", if the role exists,";
            return error(
                `postgresql:username: the database at ${where} turns ${settings.databaseServer.username} away (${message})`,
                `${configSet(settings, "postgresql:username", "NAME")}   (a superuser that may log in), or${unsure} as one: ` +
                    `ALTER ROLE ${sqlName(settings.databaseServer.username)} LOGIN`,
            );
        },
    },
    {
        // Its other refusals name pg_hba.conf.
        codes: ["28000"],
        routines: ["ClientAuthentication"],
        finding: needsCertificate,
    },
    {
        codes: ["28000"],
        pattern: /certificate authentication failed/,
        finding: needsCertificate,
    },
    {
        // A role that doesn't exist (trust, peer), or a method that accepts no password.
        codes: ["28000"],
        finding: ({ message, where, settings, cause }) => {
            // In another language, the same function may say that the certificate is another role's.
            const unsure = cause.routine === "auth_failed" && settings.databaseServer.clientCert && !/authentication failed/.test(message);
            return error(
                `postgresql:username: the database at ${where} turns ${settings.databaseServer.username} away (${message})`,
                `${configSet(settings, "postgresql:username", "NAME")}   (a superuser that its pg_hba.conf accepts with a password)` +
                    (unsure ? `, or, if the certificate is another role's: ${setCertificate(settings)}` : ""),
            );
        },
    },
    {
        codes: ["3D000"],
        finding: anotherDatabase,
    },
    {
        codes: ["55000"],
        finding: anotherDatabase,
    },
    {
        codes: ["42501"],
        finding: ({ message, where, settings }) =>
            error(
                `postgresql:username: ${where} says: ${message}`,
                `${configSet(settings, "postgresql:username", "NAME")}   (a superuser)`,
            ),
    },
    {
        // The login's own limit and that of its database. Any other function counts the whole server's connections.
        codes: ["53300"],
        routines: ["InitializeSessionUserId", "CheckMyDatabase"],
        finding: ({ message, where, settings }) =>
            error(
                `the database at ${where} has no connection left for this login (${message})`,
                `${configSet(settings, "postgresql:username", "NAME")}   (a superuser, to whom no such limit applies)`,
            ),
    },
    {
        codes: ["53300"],
        finding: ({ message, where, settings, container }) =>
            error(
                `the database at ${where} has no connection left (${message})`,
                // A superuser may have been refused, too: then its reserved slots are taken, and psql gets none.
                `end the idle sessions: ${inDatabaseContainer(settings, container, endIdle)}`,
            ),
    },
    {
        codes: ["57P03"],
        pattern: /is not accepting connections/,
        finding: ({ message, where, settings }) =>
            error(
                `postgresql:host: the database at ${where} is a standby that takes no connections (${message})`,
                `${setHost(settings)}   (of its primary)`,
            ),
    },
    {
        codes: ["57P03"],
        finding: ({ message, where, settings }) => {
            // In another language, the same function may say that it is a standby.
            const isEnglish = message.startsWith("the database system is");
            const primary = isEnglish ? "" : `, or, if it is a standby without hot_standby: ${setHost(settings)}   (of its primary)`;
            return unchecked(
                `the database at ${where} takes no connections yet (${message})`,
                `wait until it does, then: ${upCommand(settings)}${primary}`,
            );
        },
    },
    {
        codes: ["08P01"],
        finding: ({ message, where, settings }) =>
            error(`postgresql:host: a pooler answers at ${where}, not the database (${message})`, setHost(settings)),
    },
    {
        codes: ["ECONNRESET"],
        finding: closed,
    },
    { pattern: /terminated unexpectedly|error establishing an SSL connection/, finding: closed },
];

function needsCertificate({ message, where, settings }: Failed): Finding {
    return error(`postgresql:clientcert: the database at ${where} requires a client certificate (${message})`, setCertificate(settings));
}

function anotherDatabase({ message, where, settings }: Failed): Finding {
    const { database } = settings.databaseServer;
    const other = database === "postgres" ? settings.databases[0]! : "postgres";
    return error(`postgresql:database: ${where} says: ${message}`, configSet(settings, "postgresql:database", other));
}

function closed({ message, where, settings }: Failed): Finding {
    return unchecked(
        `the database can't be reached from here: no PostgreSQL answers at ${where}, although something accepts the connection (${message})`,
        viaTunnel(settings) ? `start the database, then: ${upCommand(settings)}` : `start the database, or: ${setHost(settings)}`,
    );
}

/** Why the database can't be reached, or not by this login, and what fixes it. `container` is the database's, if it is known. */
export function explainUnreachableDatabase(cause: ConnectFailure, settings: Settings, container?: string): Finding {
    const { host, port } = settings.databaseServer;
    const where = `${host}:${port}`;
    const message = cause.message || cause.code || String(cause);
    if (cause instanceof TlsFileError) {
        const what = `${cause.key}: ${message}`;
        if (cause.readableByOthers) return error(what, `chmod 600 ${shellWord(settings.databaseServer.clientCert!.key)}`);
        return error(what, configSet(settings, cause.key === "postgresql:sslrootcert" ? cause.key : `--path ${cause.key}`, "FILE"));
    }
    if (cause instanceof PoolerError) {
        const what = `postgresql:host: ${message}: it would be asked to create the roles that it depends on`;
        return error(what, `${setHost(settings)}   (of the database itself)`);
    }
    const rule = rules.find(
        ({ codes, routines, pattern }) =>
            (!codes || codes.includes(cause.code ?? "")) &&
            (!routines || routines.includes(cause.routine ?? "")) &&
            (!pattern || pattern.test(message)),
    );
    if (rule) return rule.finding({ cause, message, where, settings, ...(container && { container }) });
    return unchecked(
        `the database at ${where} can't be reached from here (${message})`,
        viaTunnel(settings) ? `open a tunnel to it: ${upCommand(settings)}` : `start it, or: ${setHost(settings)}`,
    );
}
