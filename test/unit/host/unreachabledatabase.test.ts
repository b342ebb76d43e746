import { ConnectFailure, PoolerError, TlsFileError } from "../../../host/postgres";
import { explainUnreachableDatabase } from "../../../host/unreachabledatabase";
import { settingsOf } from "../fixture";

const settings = settingsOf();

const failure = (code: string | undefined, message = "no", more: Partial<ConnectFailure> = {}) =>
    Object.assign(new Error(message), code ? { code } : {}, more) as ConnectFailure;

test.each<[string, ConnectFailure, string, string]>([
    ["no TLS", failure(undefined, "The server does not support SSL connections"), "error", "postgresql:sslmode disable"],
    ["a name that is none", failure("ENOTFOUND"), "unchecked", "postgresql:host HOST"],
    ["nobody listening", failure("ECONNREFUSED"), "unchecked", "start it"],
    ["no answer", failure(undefined, "timeout expired"), "unchecked", "start it"],
    ["a closed connection", failure(undefined, "Connection terminated unexpectedly"), "unchecked", "start the database"],
    [
        "a self-signed certificate",
        failure("DEPTH_ZERO_SELF_SIGNED_CERT"),
        "error",
        "openssl s_client -starttls postgres -connect 127.0.0.1:5432",
    ],
    ["an unknown CA", failure("SELF_SIGNED_CERT_IN_CHAIN"), "error", "postgresql:sslrootcert FILE"],
    ["an expired certificate", failure("CERT_HAS_EXPIRED"), "error", "postgresql:sslmode require"],
    ["another name's certificate", failure("ERR_TLS_CERT_ALTNAME_INVALID"), "error", "postgresql:sslmode verify-ca"],
    ["a wrong password", failure("28P01"), "error", "--secret postgresql:password"],
    ["an entry for TLS alone", failure("28000", "no pg_hba.conf entry", { worksWith: "require" }), "error", "postgresql:sslmode require"],
    [
        "no entry",
        failure("28000", 'no pg_hba.conf entry for host "172.18.0.1", user "x"'),
        "error",
        "host all postgres 172.18.0.1/32 scram-sha-256",
    ],
    ["a rejecting entry", failure("28000", "pg_hba.conf rejects connection for host"), "error", "grep -n reject"],
    [
        "a role without LOGIN",
        failure("28000", 'role "postgres" is not permitted to log in', { routine: "InitializeSessionUserId" }),
        "error",
        'or as one: ALTER ROLE "postgres" LOGIN',
    ],
    [
        "a role that does not exist",
        failure("28000", 'role "postgres" does not exist', { routine: "InitializeSessionUserId" }),
        "error",
        "NAME   (a superuser that its pg_hba.conf accepts with a password)",
    ],
    [
        "a role without LOGIN, or that does not exist, in German",
        failure("28000", "Rolle »postgres« hat keine Berechtigung zum Einloggen", { routine: "InitializeSessionUserId" }),
        "error",
        'NAME   (a superuser that may log in), or, if the role exists, as one: ALTER ROLE "postgres" LOGIN',
    ],
    [
        "a certificate of the client's",
        failure("28000", "connection requires a valid client certificate", { routine: "ClientAuthentication" }),
        "error",
        "--path postgresql:clientcert.cert FILE",
    ],
    [
        "a certificate of the client's, in German",
        failure("28000", "Verbindung erfordert ein gültiges Client-Zertifikat", { routine: "ClientAuthentication" }),
        "error",
        "--path postgresql:clientcert.cert FILE",
    ],
    [
        "another role's certificate",
        failure("28000", 'certificate authentication failed for user "postgres"', { routine: "auth_failed" }),
        "error",
        "--path postgresql:clientcert.cert FILE",
    ],
    ["a missing database", failure("3D000"), "error", "postgresql:database tracksolid_db"],
    ["a database without connections", failure("55000"), "error", "postgresql:database tracksolid_db"],
    [
        "no connection left",
        failure("53300", "sorry, too many clients already"),
        "error",
        "end the idle sessions: docker exec DATABASE-CONTAINER sh -c",
    ],
    [
        "a role's limit",
        failure("53300", 'too many connections for role "x"', { routine: "InitializeSessionUserId" }),
        "error",
        "postgresql:username NAME",
    ],
    [
        "a database's limit, in German",
        failure("53300", "zu viele Verbindungen für Datenbank »x«", { routine: "CheckMyDatabase" }),
        "error",
        "postgresql:username NAME",
    ],
    [
        "no slot but the superusers', in German",
        failure("53300", "die verbleibenden Verbindungen sind für Superuser reserviert", { routine: "InitPostgres" }),
        "error",
        "end the idle sessions: docker exec DATABASE-CONTAINER sh -c",
    ],
    [
        "no entry, in German",
        failure("28000", "kein pg_hba.conf-Eintrag für Host »172.18.0.1«, Benutzer »x«, Datenbank »y«, keine Verschlüsselung"),
        "error",
        "host all postgres 172.18.0.1/32 scram-sha-256",
    ],
    [
        "an entry for TLS alone, in French",
        failure("28000", "aucune entrée dans pg_hba.conf pour l'hôte « 172.18.0.1 »", { worksWith: "require" }),
        "error",
        "postgresql:sslmode require",
    ],
    ["a server that starts", failure("57P03", "the database system is starting up"), "unchecked", "pulumi up --stack stage"],
    ["a cold standby", failure("57P03", "the database system is not accepting connections"), "error", "(of its primary)"],
    ["a pooler", failure("08P01", "no such database: postgres"), "error", "postgresql:host HOST"],
    [
        "a pooler that lets it in",
        new PoolerError("a pooler answers at 127.0.0.1:5432, not the database"),
        "error",
        "postgresql:port PORT   (of the database itself)",
    ],
    [
        "a file that isn't there",
        new TlsFileError("postgresql:sslrootcert", "can't be read (ENOENT)"),
        "error",
        "postgresql:sslrootcert FILE",
    ],
])("a connection that fails by %s", (_, cause, level, fix) => {
    const found = explainUnreachableDatabase(cause, settings);
    expect(found).toMatchObject({ level, fix: expect.stringContaining(fix) });
    for (const [, named] of found.fix!.matchAll(/pulumi config (?:set|rm) (\S+ \S+)/g)) expect(named).toBe("--stack stage");
});

test("a refusal in another language may be that of a line, so the fix names both ways", () => {
    const said = (message: string) => explainUnreachableDatabase(failure("28000", message), settings).fix;
    expect(said("pg_hba.conf lehnt Verbindung ab für Host »fd00::2«")).toMatch(
        / fd00::2\/128 .*, or, if a line there rejects it: .*grep -n/,
    );
    expect(said('no pg_hba.conf entry for host "fd00::2"')).not.toContain("grep -n");
});

test("a refused method in another language may be a certificate, if the stack has one", () => {
    const fix = (message: string, values = {}) =>
        explainUnreachableDatabase(failure("28000", message, { routine: "auth_failed" }), settingsOf(values)).fix;
    const own = { "postgresql:clientcert": { cert: "a", key: "b" } };
    const german = "Zertifikatauthentifizierung für Benutzer »x« fehlgeschlagen";
    expect(fix(german, own)).toMatch(/postgresql:username NAME .*, or, if the certificate is another role's: .*clientcert\.key FILE$/);
    expect(fix(german)).not.toContain("clientcert");
    expect(fix('Ident authentication failed for user "x"', own)).not.toContain("clientcert");
});

test("a server that takes no connections may be a standby, if it says so in another language", () => {
    const said = (message: string) => explainUnreachableDatabase(failure("57P03", message), settings).fix;
    expect(said("das Datenbanksystem nimmt keine Verbindungen an")).toMatch(
        /^wait until .* --stack stage, or, if it is a standby without hot_standby: .*postgresql:host HOST.*\(of its primary\)$/,
    );
    expect(said("the database system is starting up")).toMatch(/ --stack stage$/);
});

test("a fix names another database than the one that takes no connections", () => {
    const { fix } = explainUnreachableDatabase(failure("55000"), settingsOf({ "postgresql:database": "tracksolid_db" }));
    expect(fix).toBe("pulumi config set --stack stage postgresql:database postgres");
});

test("a self-signed certificate is fetched through the tunnel, and set only if there is one", () => {
    const cause = failure("DEPTH_ZERO_SELF_SIGNED_CERT");
    const fetched =
        "openssl s_client -starttls postgres -connect 127.0.0.1:5432 < /dev/null 2> /dev/null | openssl x509 -out server.pem && " +
        'pulumi config set --stack stage postgresql:sslrootcert "$PWD/server.pem"   (';
    expect(explainUnreachableDatabase(cause, settings).fix).toContain(fetched);
    const { fix } = explainUnreachableDatabase(cause, settingsOf({ "docker:host": "ssh://me@host" }));
    expect(fix!.startsWith(`./sidecar tunnel --stack stage -- ${fetched}`)).toBe(true);
});

test("an address in brackets is a word of the shell", () => {
    const { fix } = explainUnreachableDatabase(failure("DEPTH_ZERO_SELF_SIGNED_CERT"), settingsOf({ "postgresql:host": "[fd00::5]" }));
    expect(fix).toContain("-connect '[fd00::5]:5432' <");
});

test("a fix in the database's container names it", () => {
    const { fix } = explainUnreachableDatabase(failure("28000", 'no pg_hba.conf entry for host "172.18.0.1"'), settings, "timescale_db-1");
    expect(fix).toMatch(/^docker exec timescale_db-1 sh -c /);
});

test("a database behind an ssh host is reached by the tunnel", () => {
    const { fix } = explainUnreachableDatabase(failure("ECONNREFUSED"), settingsOf({ "docker:host": "ssh://me@host" }));
    expect(fix).toBe("open a tunnel to it: ./sidecar tunnel --stack stage -- pulumi up --stack stage");
});
