import { SettingsError } from "../../../settings/mistakes";
import { projectDefaults } from "../../../settings/project";
import { Around, Overrides, settings } from "../fixture";

/** What is said of wrong settings. */
function complaint(overrides: Overrides, around?: Around): string {
    try {
        settings(overrides, around);
    } catch (cause) {
        expect(cause).toBeInstanceOf(SettingsError);
        return (cause as Error).message;
    }
    throw new Error("these settings were accepted");
}

test("the runbook's figures are the defaults", () => {
    expect(settings()).toMatchObject({
        maxClientConn: 200,
        defaultPoolSize: 15,
        minPoolSize: 2,
        reservePoolSize: 5,
        serverIdleTimeout: 600,
        listenPort: 6432,
        adminUsers: ["postgres"],
        databases: ["tracksolid_db"],
        databaseHost: "timescale_db",
        authUser: "pgbouncer",
        serverResetQueryAlways: true,
    });
});

test("the default images are pinned by digest", () => {
    expect(projectDefaults().pgbouncerImage).toMatch(/@sha256:[0-9a-f]{64}$/);
    expect(projectDefaults().pgadminImage).toMatch(/@sha256:[0-9a-f]{64}$/);
});

test("all mistakes come at once, each with its key and the command that mends it", () => {
    const said = complaint({
        pgadminEmail: undefined,
        defaultPoolSize: "lots",
        listenPort: "80",
        "postgresql:host": undefined,
    });
    expect(said).toContain("4 mistakes");
    expect(said).toContain("pulumi config set --stack stage pgadminEmail you@example.com");
    expect(said).toContain('defaultPoolSize is "lots": it must be a whole number');
    expect(said).toContain("pulumi config set --stack stage defaultPoolSize 15");
    expect(said).toContain('listenPort is "80"');
    expect(said).toContain("pulumi config set --stack stage postgresql:host HOST");
});

test.each(["localhost", "unix:/var/run/docker.sock", "ssh://", "ssh://me@host:port"])("docker:host %s is no way to an engine", (value) => {
    const said = complaint({ "docker:host": value });
    expect(said).toContain(`docker:host is ${JSON.stringify(value)}: it must be unix:///PATH, tcp://HOST:PORT or ssh://USER@HOST`);
    expect(said).toContain("pulumi config set --stack stage docker:host ssh://USER@HOST");
});

test.each(["-o BatchMode=yes", '{"o":1}', "[1]"])("docker:sshOpts that are no list (%s) are named, with what mends them", (value) => {
    const said = complaint({ "docker:sshOpts": value });
    expect(said).toContain(`docker:sshOpts is ${JSON.stringify(value)}: it must be a list`);
    expect(said).toContain("pulumi config rm --stack stage docker:sshOpts");
});

test("a Docker context would lead the provider elsewhere, and is named", () => {
    const said = complaint({}, { env: { DOCKER_CONTEXT: "laptop" } });
    expect(said).toContain(
        `docker:context is "laptop": the provider would use that context's engine, while everything else uses docker:host (unix:///var/run/docker.sock)`,
    );
    expect(said).toContain(
        "Fix: unset DOCKER_CONTEXT; pulumi config set --stack stage docker:host $(docker context inspect laptop -f '{{.Endpoints.docker.Host}}')",
    );
});

describe("certificates of the engine", () => {
    const tcp = { "docker:host": "tcp://engine:2376" };
    const all = { "docker:caMaterial": "CA", "docker:certMaterial": "CERT", "docker:keyMaterial": "KEY" };
    const remove = Object.keys(all).map((key) => `pulumi config rm --stack stage ${key}`);

    test("go with TCP, as a folder or all three", () => {
        expect(settings({ ...tcp, "docker:certPath": "/certs" }).docker.tls).toEqual({ certPath: "/certs" });
        expect(settings({ ...tcp, ...all }).docker.tls).toEqual({ ca: "CA", cert: "CERT", key: "KEY" });
        expect(complaint({ ...tcp, ...all }, { secretKeys: ["postgresql:password"] })).toContain(
            "pulumi config set --stack stage --secret docker:keyMaterial < key.pem",
        );
    });

    test.each<[string, Overrides, string, string]>([
        ["over ssh", { "docker:host": "ssh://me@there" }, "docker:host is ssh://me@there", "unset DOCKER_CERT_PATH"],
        ["beside the three", { ...tcp, ...all }, "can't be combined with docker:certPath", remove.join("; ")],
    ])("a folder %s is refused", (_, values, what, remedy) => {
        const said = complaint(values, { env: { DOCKER_CERT_PATH: "/certs" } });
        expect(said).toContain(what);
        expect(said).toContain(`Fix: ${remedy}`);
        expect(said).toContain("a mistake");
    });

    test("that are not complete are refused", () => {
        const said = complaint({ ...tcp, "docker:caMaterial": "CA" });
        expect(said).toContain("docker:certMaterial needs docker:caMaterial and docker:keyMaterial as well");
        expect(said).toContain(`Fix: ${remove[0]}; pulumi config set --stack stage docker:certPath FOLDER`);
    });
});

test("a misspelt key is named with the one that was meant", () => {
    const said = complaint({ "pg-sidecar:default_pool_size": "20" });
    expect(said).toContain("default_pool_size is not a setting of this project: did you mean defaultPoolSize?");
    expect(said).toContain("Fix: pulumi config rm --stack stage default_pool_size; pulumi config set --stack stage defaultPoolSize 20");
});

test.each([
    ["postgresql:password", "hunter22"],
    ["pgadminPassword", "hunter22"],
])("%s in plain text is refused and not repeated", (key, value) => {
    const said = complaint({ [key]: value }, { secretKeys: [] });
    expect(said).toContain(`${key} is a secret, but stored in plain text`);
    expect(said).toContain(`pulumi config set --stack stage --secret ${key}`);
    expect(said).not.toContain(value);
});

test("a pgAdmin password that is too short is not repeated", () => {
    expect(complaint({ pgadminPassword: "abc" })).not.toContain('abc"');
});

test("an image without a digest is refused, except in local", () => {
    const values = { pgadminImage: "dpage/pgadmin4:9.17" };
    expect(complaint(values)).toContain("without a digest");
    expect(settings(values, { stack: "local" }).pgadminImage).toBe("dpage/pgadmin4:9.17");
});

test.each([
    ["databaseHost", "db\nauth_type = any"],
    ["databases", '["a b"]'],
    ["databases", '["a\\nauth_type = any"]'],
    ["adminUsers", '["postgres, mallory"]'],
    ["adminUsers", "postgres"],
    ["authFunction", "user_lookup"],
    ["authFunction", "public.f(); DROP TABLE x"],
    ["authFunction", "pg_catalog.now"],
    ["authFunction", "information_schema.user_lookup"],
    ["authFunction", "pg_toast.user_lookup"],
    ["authFunction", "user.lookup"],
    ["authUser", "pg_pooler"],
    ["authUser", "public"],
    ["authUser", "none"],
    ["authUser", "Current_User"],
    ["authUser", "a".repeat(62)],
    ["authUser", 'pgbouncer" "x'],
    ["pgadminEmail", "admin"],
    ["pgadminDomain", "https://pgadmin.example.com"],
    ["serverResetQueryAlways", "yes"],
    ["pgadminDirect", "yes"],
    ["pipelineTable", "ingestion_log"],
    ["pipelineTable", "public.x; DROP TABLE y"],
])("%s = %j is refused", (key, value) => {
    expect(complaint({ [key]: value })).toContain(key);
});

test.each([
    [{ minPoolSize: "16" }, "minPoolSize is 16, more than defaultPoolSize (15)"],
    [{ defaultPoolSize: "17" }, "more than maxDbConnections (16)"],
    [{ databases: '["pgbouncer"]' }, "keeps for itself"],
])("%j contradicts another setting", (values, said) => {
    expect(complaint(values)).toContain(said);
});

test("the providers' environment variables serve as well", () => {
    const parsed = settings(
        { "postgresql:host": undefined, "postgresql:password": undefined },
        { env: { PGHOST: "db.example.com", PGPASSWORD: "x", PGPORT: "5433", DOCKER_HOST: "ssh://root@host" } },
    );
    expect(parsed.databaseServer).toMatchObject({ host: "db.example.com", port: 5433, username: "postgres" });
    expect(parsed.docker.host).toBe("ssh://root@host");
});

describe("adminUsers", () => {
    test("follow postgresql:username unless they are set", () => {
        expect(settings({ "postgresql:username": "app" }).adminUsers).toEqual(["app"]);
        expect(settings({}, { env: { PGUSER: "app" } }).adminUsers).toEqual(["app"]);
        expect(settings({ "postgresql:username": "app", adminUsers: '["ops","postgres"]' }).adminUsers).toEqual(["ops", "postgres"]);
    });

    test("that follow a name the pooler can't take or keeps for itself are refused", () => {
        expect(complaint({ "postgresql:username": "app user" })).toContain("pulumi config set --stack stage --path 'adminUsers[0]' NAME");
        expect(complaint({ "postgresql:username": "pgbouncer" })).toContain("names pgbouncer, which the pooler keeps for itself");
    });
});

describe("where the provider connects", () => {
    test.each(["tls", "prefer", "allow", "verify_full"])("sslmode %s is no word of the provider's", (value) => {
        const said = complaint({ "postgresql:sslmode": value });
        expect(said).toContain(`postgresql:sslmode is "${value}": it must be one of disable, require, verify-ca, verify-full`);
        expect(said).toContain("Fix: pulumi config set --stack stage postgresql:sslmode disable");
        const far = complaint({ "postgresql:sslmode": value, "postgresql:host": "db.example.com" });
        expect(far).toContain("Fix: pulumi config set --stack stage postgresql:sslmode require");
    });

    test("a CA and a certificate of our own are read under the provider's names", () => {
        const { databaseServer } = settings({
            "postgresql:sslmode": "verify-ca",
            "postgresql:sslrootcert": "/ca.pem",
            "postgresql:clientcert": '{"cert":"/me.pem","key":"/me.key"}',
        });
        expect(databaseServer).toMatchObject({
            sslmode: "verify-ca",
            sslRootCert: "/ca.pem",
            clientCert: { cert: "/me.pem", key: "/me.key", inline: false },
        });
        const inline = settings({ "postgresql:clientcert": '{"cert":"C","key":"K","sslinline":true}' });
        expect(inline.databaseServer.clientCert).toEqual({ cert: "C", key: "K", inline: true });
        expect(settings().databaseServer).toMatchObject({ sslmode: "require", sslRootCert: "" });
    });

    test("half of a certificate is refused", () => {
        expect(complaint({ "postgresql:clientcert": '{"cert":"/me.pem"}' })).toContain(
            "pulumi config set --stack stage --path postgresql:clientcert.key FILE",
        );
    });

    test("a key that the provider does not know is named with the one that was meant", () => {
        const said = complaint({ "postgresql:sslRootCert": "/my ca.pem" });
        expect(said).toContain("postgresql:sslRootCert is not a setting of the postgresql provider: did you mean sslrootcert?");
        expect(said).toContain(
            "Fix: pulumi config rm --stack stage postgresql:sslRootCert; pulumi config set --stack stage postgresql:sslrootcert '/my ca.pem'",
        );
    });

    test("an IPv6 address without brackets is no host for the provider", () => {
        expect(complaint({ "postgresql:host": "::1" })).toContain("pulumi config set --stack stage postgresql:host '[::1]'");
        expect(settings({ "postgresql:host": "[::1]" }).databaseServer.host).toBe("[::1]");
    });
});

test.each([
    ["ssh://root:hunter22@host:2222", "has a password", "docker:host ssh://root@host:2222 "],
    ["ssh://root@host?x=1", "has more than a host: ?x=1", "docker:host ssh://root@host "],
    ["tcp://host:2375#x", "has more than a host: #x", "docker:host tcp://host:2375 "],
    ["ssh://root:hunter22@host:99999", 'is "ssh://root:(hidden)@host:99999"', "docker:host ssh://USER@HOST"],
    ["root@host", 'is "root@host"', "docker:host ssh://USER@HOST"],
])("the Docker host %s is refused without its secret", (host, what, remedy) => {
    const said = complaint({ "docker:host": host });
    expect(said).toContain(`docker:host ${what}`);
    expect(said).toContain(`pulumi config set --stack stage ${remedy}`);
    expect(said).not.toContain("hunter22");
});

test.each(["ssh://root@[::1]:2222", "ssh://me%40corp@host", "ssh://root@host/run/user/1000/docker.sock", "tcp://[::1]:2376"])(
    "the Docker host %s is taken",
    (host) => expect(settings({ "docker:host": host }).docker.host).toBe(host),
);

test.each([
    ["timescale_db", "the name of the database (databaseHost)"],
    ["pgadmin", "pgAdmin's name"],
    ["localhost", "each container's own name"],
    ["10.0.0.7", "an address"],
])("the pooler can't be called %s", (alias, whose) => {
    const said = complaint({ pgbouncerAlias: alias });
    expect(said).toContain(`pgbouncerAlias is ${alias}, which is ${whose}`);
    expect(said).toContain("pulumi config set --stack stage pgbouncerAlias pgbouncer");
});

test("a database that is called pgbouncer leaves the pooler another name", () => {
    expect(complaint({ databaseHost: "pgbouncer" })).toContain("pgbouncerAlias pgbouncer-pool");
});

test("the grace is what the provider gives a stop at most", () => {
    expect(settings({ pgbouncerStopGrace: "1140" }).pgbouncerStopGrace).toBe(1140);
    expect(complaint({ pgbouncerStopGrace: "1200" })).toContain(
        'pgbouncerStopGrace is "1200": it must be a whole number from 10 to 1140 (seconds)',
    );
});
