import { projectDefaults } from "../../../settings/project";
import { complaint, settingsOf } from "../fixture";

test("a stack that sets only what is required gets these defaults", () => {
    expect(settingsOf()).toMatchObject({
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

test("all mistakes are listed at once, each with its key and the command that fixes it", () => {
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

test("a misspelt key is refused, with the one that was meant", () => {
    const said = complaint({ "pg-sidecar:default_pool_size": "20" });
    expect(said).toContain("default_pool_size is not a setting of this project: did you mean defaultPoolSize?");
    expect(said).toContain("Fix: pulumi config rm --stack stage default_pool_size; pulumi config set --stack stage defaultPoolSize 20");
});

test("a pgAdmin password that is too short is not repeated", () => {
    expect(complaint({ pgadminPassword: "abc" })).not.toContain('abc"');
});

test.each([
    ["databaseHost", "db\nauth_type = any"],
    ["databases", '["a b"]'],
    ["databases", '["a\\nauth_type = any"]'],
    ["adminUsers", '["postgres, mallory"]'],
    ["adminUsers", "postgres"],
    ["databases", '{"a":"b"}'],
    ["ignoreStartupParameters", "[1]"],
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
    const said = complaint({ [key]: value });
    expect(said).toContain(`${key} is ${JSON.stringify(value)}: it `);
    expect(said).not.toContain("Invalid input"); // a sentence of zod's own
});

test("the providers' environment variables work too", () => {
    const parsed = settingsOf(
        { "postgresql:host": undefined, "postgresql:password": undefined },
        { env: { PGHOST: "db.example.com", PGPASSWORD: "x", PGPORT: "5433", DOCKER_HOST: "ssh://root@host" } },
    );
    expect(parsed.databaseServer).toMatchObject({ host: "db.example.com", port: 5433, username: "postgres" });
    expect(parsed.docker.host).toBe("ssh://root@host");
});

test("the grace is at most what the provider allows for a stop", () => {
    expect(settingsOf({ pgbouncerStopGrace: "1140" }).pgbouncerStopGrace).toBe(1140);
    expect(complaint({ pgbouncerStopGrace: "1200" })).toContain(
        'pgbouncerStopGrace is "1200": it must be a whole number from 10 to 1140 (seconds)',
    );
});
