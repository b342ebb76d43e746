import { locals } from "../settings/databaseserver";
import { shellWord, sqlName } from "../findings/quoting";
import { Settings } from "../settings/settings";
import { configSet, inDatabaseContainer, upCommand, viaTunnel } from "./remedies";
import { ConnectFailure, TlsFileError } from "./postgres";
import { error, Finding, unchecked } from "../findings/finding";

interface Failed {
    cause: ConnectFailure;
    /** What the driver or the server said. */
    said: string;
    /** `host:port`. */
    where: string;
    settings: Settings;
}

interface Rule {
    /** SQLSTATE, or a code of node's. */
    codes?: string[];
    says?: RegExp;
    finding: (failed: Failed) => Finding;
}

const setPassword = (settings: Settings) => `pulumi config set --stack ${settings.stack} --secret postgresql:password`;
const setHost = (settings: Settings) =>
    `${configSet(settings, "postgresql:host", "HOST")}; ${configSet(settings, "postgresql:port", "PORT")}`;

/** Puts a line at the end of pg_hba.conf and has it read. */
function addEntry(settings: Settings, type: "host" | "hostnossl" | "hostssl", address: string): string {
    const user = /^\w+$/.test(settings.databaseServer.username)
        ? settings.databaseServer.username
        : sqlName(settings.databaseServer.username);
    const line = `${type} all ${user} ${address}/${address.includes(":") ? 128 : 32} scram-sha-256`;
    return inDatabaseContainer(settings, `echo ${shellWord(line)} >> "$PGDATA/pg_hba.conf" && kill -HUP 1`);
}

/** Ends the backends that idle, by their titles: what pg_terminate_backend does, without a connection. */
const endIdle = `for p in /proc/[0-9]*; do if tr -d '\\0' < $p/cmdline 2> /dev/null | grep -q '^postgres: .* idle *$'; then kill \${p#/proc/}; fi; done`;

/** The first that fits is it. What is wrong wherever it is seen is an error; a server out of reach only says that nothing was checked. */
const rules: Rule[] = [
    {
        says: /does not support SSL/,
        finding: ({ where, settings }) =>
            error(
                `postgresql:sslmode: the server at ${where} has no TLS, and sslmode ${settings.databaseServer.sslmode} needs it`,
                configSet(settings, "postgresql:sslmode", "disable"),
            ),
    },
    {
        codes: ["ENOTFOUND", "EAI_AGAIN"],
        finding: ({ said, settings }) =>
            unchecked(
                `the database can't be reached from here: there is no host ${settings.databaseServer.host} (${said})`,
                configSet(settings, "postgresql:host", "HOST"),
            ),
    },
    {
        codes: ["DEPTH_ZERO_SELF_SIGNED_CERT"],
        finding: ({ where, settings }) =>
            error(
                `postgresql:sslrootcert: the server at ${where} has a certificate of its own making, which no CA signed`,
                `openssl s_client -starttls postgres -connect ${where} < /dev/null 2> /dev/null | openssl x509 > server.pem; ` +
                    `${configSet(settings, "postgresql:sslrootcert", '"$PWD/server.pem"')}   (trusts what answers there now, so see first that it is the server)`,
            ),
    },
    {
        codes: [
            "SELF_SIGNED_CERT_IN_CHAIN",
            "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
            "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
            "UNABLE_TO_GET_ISSUER_CERT",
        ],
        finding: ({ said, where, settings }) =>
            error(
                `postgresql:sslrootcert: the certificate of the server at ${where} is signed by a CA that is not known here (${said})`,
                `${configSet(settings, "postgresql:sslrootcert", "FILE")}   (that CA's certificate, from whoever keeps it)`,
            ),
    },
    {
        codes: ["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"],
        finding: ({ said, where, settings }) =>
            error(
                `postgresql:sslmode: the certificate of the server at ${where} is not valid now (${said})`,
                `give the server a new one (SHOW ssl_cert_file, then SELECT pg_reload_conf()), or go on without a look at it: ` +
                    `${configSet(settings, "postgresql:sslmode", "require")}; pulumi config rm --stack ${settings.stack} postgresql:sslrootcert`,
            ),
    },
    {
        codes: ["ERR_TLS_CERT_ALTNAME_INVALID"],
        finding: ({ said, where, settings }) =>
            error(
                `postgresql:sslmode: the certificate of the server at ${where} is for another name (${said})`,
                locals.includes(settings.databaseServer.host)
                    ? `${configSet(settings, "postgresql:sslmode", "verify-ca")}   (through a tunnel no name of the server's is left to check; its CA is)`
                    : `${configSet(settings, "postgresql:host", "NAME")}   (one that the certificate is for), or: ${configSet(settings, "postgresql:sslmode", "verify-ca")}`,
            ),
    },
    {
        codes: ["28P01"],
        finding: ({ said, where, settings }) =>
            error(
                `postgresql:password: the database at ${where} turns ${settings.databaseServer.username} away (${said}): ` +
                    `the password is wrong, or there is no such role`,
                `${setPassword(settings)}   (asks for it), or, for another role: ${configSet(settings, "postgresql:username", "NAME")}`,
            ),
    },
    {
        codes: ["28000"],
        says: /no pg_hba.conf entry/,
        finding: ({ said, where, settings, cause }) => {
            const what = `the database at ${where} has no entry in its pg_hba.conf for this way in (${said})`;
            if (cause.worksWith) {
                const tls =
                    cause.worksWith === "require" ? "it has one for connections under TLS" : "it has one for connections without TLS";
                return error(`postgresql:sslmode: ${what}; ${tls}`, configSet(settings, "postgresql:sslmode", cause.worksWith));
            }
            const address = /for host "([^"]+)"/.exec(said)?.[1] ?? "ADDRESS";
            return error(`postgresql:host: ${what}`, addEntry(settings, "host", address));
        },
    },
    {
        codes: ["28000"],
        says: /pg_hba.conf rejects connection/,
        finding: ({ said, where, settings }) =>
            error(
                `postgresql:host: a line of the pg_hba.conf of the database at ${where} rejects this way in (${said})`,
                `put before that line one that lets it in, then SELECT pg_reload_conf(); the lines: ` +
                    inDatabaseContainer(settings, `grep -n reject "$PGDATA/pg_hba.conf"`),
            ),
    },
    {
        codes: ["28000"],
        says: /is not permitted to log in/,
        finding: ({ said, where, settings }) =>
            error(
                `postgresql:username: the database at ${where} turns ${settings.databaseServer.username} away (${said})`,
                `${configSet(settings, "postgresql:username", "NAME")}   (a superuser that may log in), or as one: ` +
                    `ALTER ROLE ${sqlName(settings.databaseServer.username)} LOGIN`,
            ),
    },
    {
        codes: ["28000"],
        says: /client certificate|certificate authentication failed/,
        finding: ({ said, where, settings }) =>
            error(
                `postgresql:clientcert: the database at ${where} wants a certificate of the client's (${said})`,
                ["cert", "key"].map((part) => configSet(settings, `--path postgresql:clientcert.${part}`, "FILE")).join("; "),
            ),
    },
    {
        // A role that isn't there (trust, peer), or a method that takes no password.
        codes: ["28000"],
        finding: ({ said, where, settings }) =>
            error(
                `postgresql:username: the database at ${where} turns ${settings.databaseServer.username} away (${said})`,
                `${configSet(settings, "postgresql:username", "NAME")}   (a superuser that its pg_hba.conf lets in by password)`,
            ),
    },
    {
        codes: ["3D000"],
        finding: ({ said, where, settings }) => {
            const { database } = settings.databaseServer;
            const other = database === "postgres" ? settings.databases[0]! : "postgres";
            return error(`postgresql:database: ${where} says: ${said}`, configSet(settings, "postgresql:database", other));
        },
    },
    {
        codes: ["55000"],
        finding: ({ said, where, settings }) =>
            error(`postgresql:database: ${where} says: ${said}`, configSet(settings, "postgresql:database", settings.databases[0]!)),
    },
    {
        codes: ["42501"],
        finding: ({ said, where, settings }) =>
            error(`postgresql:username: ${where} says: ${said}`, `${configSet(settings, "postgresql:username", "NAME")}   (a superuser)`),
    },
    {
        codes: ["53300"],
        says: /for (role|database)/,
        finding: ({ said, where, settings }) =>
            error(
                `the database at ${where} has no connection left for this login (${said})`,
                `${configSet(settings, "postgresql:username", "NAME")}   (a superuser, whom no such limit holds)`,
            ),
    },
    {
        codes: ["53300"],
        finding: ({ said, where, settings }) =>
            error(
                `the database at ${where} has no connection left (${said})`,
                // The provider's user is a superuser, so the slots that are kept for those are gone, too: psql gets none.
                `end the sessions that idle: ${inDatabaseContainer(settings, endIdle)}`,
            ),
    },
    {
        codes: ["57P03"],
        says: /is not accepting connections/,
        finding: ({ said, where, settings }) =>
            error(
                `postgresql:host: the database at ${where} is a standby that takes no connections (${said})`,
                `${setHost(settings)}   (of its primary)`,
            ),
    },
    {
        codes: ["57P03"],
        finding: ({ said, where, settings }) =>
            unchecked(`the database at ${where} takes no connections yet (${said})`, `wait until it does, then: ${upCommand(settings)}`),
    },
    {
        codes: ["08P01"],
        finding: ({ said, where, settings }) =>
            error(`postgresql:host: a pooler answers at ${where}, not the database (${said})`, setHost(settings)),
    },
    {
        codes: ["ECONNRESET"],
        finding: closed,
    },
    { says: /terminated unexpectedly|error establishing an SSL connection/, finding: closed },
];

function closed({ said, where, settings }: Failed): Finding {
    return unchecked(
        `the database can't be reached from here: no PostgreSQL answers at ${where}, though something takes the connection (${said})`,
        viaTunnel(settings) ? `start the database, then: ${upCommand(settings)}` : `start the database, or: ${setHost(settings)}`,
    );
}

/** What a failed connection to the database comes to, with what fixes it. */
export function explainUnreachableDatabase(cause: ConnectFailure, settings: Settings): Finding {
    const { host, port } = settings.databaseServer;
    const where = `${host}:${port}`;
    const said = cause.message || cause.code || String(cause);
    if (cause instanceof TlsFileError) {
        const what = `${cause.key}: ${said}`;
        if (cause.open) return error(what, `chmod 600 ${shellWord(settings.databaseServer.clientCert!.key)}`);
        return error(what, configSet(settings, cause.key === "postgresql:sslrootcert" ? cause.key : `--path ${cause.key}`, "FILE"));
    }
    const rule = rules.find(({ codes, says }) => (!codes || codes.includes(cause.code ?? "")) && (!says || says.test(said)));
    if (rule) return rule.finding({ cause, said, where, settings });
    return unchecked(
        `the database at ${where} can't be reached from here (${said})`,
        viaTunnel(settings) ? `open the way to it: ${upCommand(settings)}` : `start it, or: ${setHost(settings)}`,
    );
}
