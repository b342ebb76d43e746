import { budget, overBudget } from "../../../../components/pgbouncer/budget";
import { PgbouncerIni, renderIni, renderUserlist } from "../../../../components/pgbouncer/ini";
import { settingsOf } from "../../fixture";

const ini: PgbouncerIni = settingsOf({ databases: ["tracksolid_db", "metrics"], adminUsers: ["postgres", "ops"] });

/** A section's settings, by pgbouncer's rules: `key = value` lines, `;` for comments. */
function section(text: string, name: string): Record<string, string> {
    const body = text.split(/^\[/m).find((part) => part.startsWith(`${name}]`))!;
    const lines = body
        .split("\n")
        .slice(1)
        .filter((line) => line.trim() && !line.startsWith(";"));
    return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(" = ")), line.slice(line.indexOf(" = ") + 3)]));
}

test("pgbouncer.ini has transaction pooling, SCRAM logins, the values of the settings, and an empty startup parameter", () => {
    expect(section(renderIni(ini), "pgbouncer")).toMatchObject({
        pool_mode: "transaction",
        auth_type: "scram-sha-256",
        auth_user: "pgbouncer",
        auth_dbname: "pgbouncer_lookup",
        max_client_conn: "200",
        default_pool_size: "15",
        min_pool_size: "2",
        reserve_pool_size: "5",
        max_db_connections: "16",
        server_idle_timeout: "600",
        server_reset_query: "DISCARD ALL",
        server_reset_query_always: "1",
        client_login_timeout: "15",
        ignore_startup_parameters: "extra_float_digits,",
        admin_users: "postgres, ops",
    });
});

test("each database has its entry, and lookups have one of their own with a small pool", () => {
    const databases = section(renderIni(ini), "databases");
    expect(Object.keys(databases)).toEqual(["tracksolid_db", "metrics", "pgbouncer_lookup"]);
    expect(databases.metrics).toBe("host=timescale_db port=5432 dbname=metrics");
    expect(databases.pgbouncer_lookup).toContain("dbname=tracksolid_db pool_size=2");
    expect(databases.pgbouncer_lookup).toContain("max_db_connections=2");
});

test("the fast setting turns the reset off and nothing else", () => {
    const strict = renderIni(ini).split("\n");
    const fast = renderIni({ ...ini, serverResetQueryAlways: false }).split("\n");
    expect(fast.filter((line, at) => line !== strict[at])).toEqual(["server_reset_query_always = 0"]);
});

test.each<[keyof PgbouncerIni, unknown]>([
    ["databaseHost", "db\nauth_type = any"],
    ["databases", ["a b"]],
    ["databases", []],
    ["adminUsers", ["postgres, mallory"]],
    ["authUser", 'p" "x'],
    ["authFunction", "f()"],
    ["defaultPoolSize", 1.5],
    ["maxClientConn", -1],
    ["queryTimeout", NaN],
])("%s = %j can't break out of its line", (key, value) => {
    expect(() => renderIni({ ...ini, [key]: value })).toThrow(key);
});

test("userlist.txt is one line", () => {
    expect(renderUserlist("pgbouncer", "aB3")).toBe('"pgbouncer" "aB3"\n');
});

test.each(['a"b', "a\nb", "", "a b"])("a password %j can't break out of userlist.txt, nor show in the error", (password) => {
    expect(() => renderUserlist("pgbouncer", password)).toThrow(/^the lookup role's password can't be written/);
});

describe("the budget", () => {
    const limits = { maxConnections: 100, superuserReservedConnections: 3, reservedConnections: 0 };
    const defaults = { databases: 1, maxDbConnections: 16 };
    const stack = { stack: "stage" };

    test("is twice a pooler's backends, because a roll runs two poolers", () => {
        expect(budget(defaults)).toBe(36);
        expect(budget({ databases: 2, maxDbConnections: 10 })).toBe(44);
    });

    test("of the defaults fits PostgreSQL's default of 100 connections beside 60 direct ones", () => {
        expect(overBudget(defaults, limits, 60, stack)).toBeUndefined();
    });

    test("that doesn't fit is refused with the figure that does", () => {
        const { what, fix } = overBudget({ databases: 1, maxDbConnections: 20 }, limits, 60, stack)!;
        expect(what).toContain("44 backends");
        expect(what).toContain("has 37 to give");
        expect(fix).toContain("pulumi config set --stack stage maxDbConnections 16");
        expect(overBudget({ databases: 1, maxDbConnections: 16 }, limits, 62, stack)).toBeDefined();
    });

    test("if no figure fits, the fix is a larger max_connections", () => {
        expect(overBudget(defaults, limits, 95, stack)?.fix).toContain("raise the server's max_connections");
    });
});
