import * as fc from "fast-check";
import { budget, BudgetCase, overBudget, steadyBudget } from "../../../../components/pgbouncer/budget";
import { renderHba } from "../../../../components/pgbouncer/console";
import { PgbouncerIni, renderIni, renderInis, renderUserlist } from "../../../../components/pgbouncer/ini";
import { Finding } from "../../../../findings/finding";
import { holds, nasty } from "../../badinput";
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

test("with metrics, the exporters' user of the console logs in by its account on the socket, and nobody else does by another way", () => {
    const its = section(renderIni({ ...ini, metrics: true }), "pgbouncer");
    expect(its).toMatchObject({ auth_type: "hba", auth_hba_file: "/etc/pg-sidecar/hba", stats_users: "pgbouncer, nobody" });
    expect(section(renderIni(ini), "pgbouncer")).not.toHaveProperty("auth_hba_file");
    const [first, ...rules] = renderHba().trim().split("\n");
    expect(first).toBe("local pgbouncer nobody peer");
    expect(rules.slice(0, 3).every((rule) => / nobody .*reject$/.test(rule))).toBe(true);
    expect(rules.slice(3).every((rule) => / all .*scram-sha-256$/.test(rule))).toBe(true);
    expect(renderUserlist("pgbouncer", "secret", true)).toBe('"pgbouncer" "secret"\n"nobody" ""\n');
    expect(renderUserlist("pgbouncer", "secret")).toBe('"pgbouncer" "secret"\n');
});

test("logins are logged if that is set", () => {
    expect(section(renderIni(ini), "pgbouncer")).toMatchObject({ log_connections: "0", log_disconnections: "0" });
    expect(section(renderIni({ ...ini, logConnections: true }), "pgbouncer")).toMatchObject({
        log_connections: "1",
        log_disconnections: "1",
    });
});

test("each database has its entry, and lookups have one of their own with a small pool", () => {
    const databases = section(renderIni(ini), "databases");
    expect(Object.keys(databases)).toEqual(["tracksolid_db", "metrics", "pgbouncer_lookup"]);
    expect(databases.metrics).toBe("host=timescale_db port=5432 dbname=metrics");
    expect(databases.pgbouncer_lookup).toContain("dbname=tracksolid_db pool_size=2");
    expect(databases.pgbouncer_lookup).toContain("max_db_connections=2");
});

test("several processes share the port and the pools' sizes exactly, and know each other", () => {
    const inis = renderInis({ ...ini, processes: 3 });
    const sections = inis.map((text) => section(text, "pgbouncer"));
    const of = (key: string) => sections.map((each) => Number(each[key]));
    expect(of("max_db_connections")).toEqual([6, 5, 5]);
    expect(of("default_pool_size")).toEqual([5, 5, 5]);
    expect(of("min_pool_size")).toEqual([1, 1, 0]);
    expect(of("reserve_pool_size")).toEqual([2, 2, 1]);
    expect(of("max_client_conn")).toEqual([200, 200, 200]); // the kernel does not spread clients evenly
    expect(of("peer_id")).toEqual([1, 2, 3]);
    expect(of("so_reuseport")).toEqual([1, 1, 1]);
    const folders = sections.map((each) => each.unix_socket_dir);
    expect(folders).toEqual(["/tmp/pgbouncer", "/tmp/pgbouncer/2", "/tmp/pgbouncer/3"]);
    const peers = Object.fromEntries(folders.map((folder, at) => [String(at + 1), `host=${folder} port=6432`]));
    for (const text of inis) expect(section(text, "peers")).toEqual(peers);
    expect(inis[0]!.indexOf("[pgbouncer]")).toBeGreaterThan(inis[0]!.indexOf("[peers]"));
});

test("the fast setting turns the reset off and nothing else", () => {
    const strict = renderIni(ini).split("\n");
    const fast = renderIni({ ...ini, serverResetQueryAlways: false }).split("\n");
    expect(fast.filter((line, at) => line !== strict[at])).toEqual(["server_reset_query_always = 0"]);
});

test("an enforced reset ends the backend at its first error, and takes that back last", () => {
    const reset = (serverResetEnforced: boolean) => section(renderIni({ ...ini, serverResetEnforced }), "pgbouncer").server_reset_query!;
    expect(reset(false)).toBe("DISCARD ALL");
    expect(reset(true)).toMatch(/^SET exit_on_error = on; CLOSE ALL; /); // leaks.sql knows it by that
    const statements = reset(true).split("; ");
    expect([statements[0], statements.at(-1)]).toEqual(["SET exit_on_error = on", "RESET ALL"]);
    expect(statements).not.toContain("DISCARD ALL"); // which is refused beside other statements
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
    const defaults = { databases: 1, maxDbConnections: 16, processes: 1 };
    const judge = (more: Partial<BudgetCase>) =>
        overBudget({ args: defaults, limits, otherConnections: 60, rolls: true, stack: { stack: "stage" }, up: "pulumi up", ...more });
    const set = "pulumi config set --stack stage maxDbConnections";

    test("is twice a pooler's backends, because a roll runs two poolers", () => {
        expect(budget(defaults)).toBe(36);
        expect(budget({ databases: 2, maxDbConnections: 10, processes: 1 })).toBe(44);
    });

    test("counts a pool for lookups in each process", () => {
        expect(budget({ ...defaults, processes: 3 })).toBe(44);
        expect(steadyBudget({ ...defaults, processes: 3 })).toBe(24);
    });

    test("of the defaults fits PostgreSQL's default of 100 connections beside 60 direct ones", () => {
        expect(judge({})).toBeUndefined();
    });

    test.each<[string, Partial<BudgetCase>, Partial<Finding>]>([
        [
            "a roll that doesn't fit",
            { args: { ...defaults, maxDbConnections: 20 } },
            { level: "error", fix: expect.stringContaining(`${set} 16 `) as string },
        ],
        ["one backend too many", { otherConnections: 62 }, { level: "error", fix: expect.stringContaining(`${set} 15 `) as string }],
        [
            "the same until the next roll",
            { otherConnections: 62, rolls: false },
            { level: "warning", fix: expect.stringContaining(`${set} 15 `) as string },
        ],
        [
            "a pooler alone that doesn't fit",
            { otherConnections: 78, rolls: false },
            { level: "error", fix: expect.stringContaining(`${set} 15 `) as string },
        ],
        [
            "as many processes as leave no share",
            { otherConnections: 60, args: { ...defaults, processes: 9 } },
            { level: "error", fix: expect.stringContaining("raise the server's max_connections") as string },
        ],
        [
            "no room at all",
            { otherConnections: 95, rolls: false },
            { level: "error", fix: expect.stringContaining("raise the server's max_connections") as string },
        ],
    ])("%s is reported, with what fits", (_, one, expected) => {
        expect(judge(one)).toMatchObject(expected);
    });

    test("gives back a pooler's backends while no roll is under way", () => {
        expect(judge({ otherConnections: 77, rolls: false })?.level).toBe("warning");
        expect(steadyBudget(defaults)).toBe(20);
    });

    test("a fix of it fits", () => {
        for (let otherConnections = 40; otherConnections < 90; otherConnections++) {
            for (const rolls of [true, false]) {
                const value = / maxDbConnections (\d+) /.exec(judge({ otherConnections, rolls })?.fix ?? "")?.[1];
                if (value)
                    expect(judge({ otherConnections, rolls, args: { ...defaults, maxDbConnections: Number(value) } })?.level).not.toBe(
                        "error",
                    );
            }
        }
    });

    test("counts what a pooler keeps that can't take the new settings", () => {
        const [before, after] = [
            { ...defaults, maxDbConnections: 30 },
            { ...defaults, maxDbConnections: 14, processes: 2 },
        ];
        expect(judge({ args: after })).toBeUndefined();
        const { level, what, fix } = judge({ args: after, keeps: { ...before, shrinks: true } })!;
        expect([level, what]).toEqual([
            "error",
            expect.stringContaining("may hold 32 backends until it is gone. The new one may hold 18 "),
        ]);
        expect(fix).toMatch(
            /^pulumi config set --stack stage processes 1; pulumi config set --stack stage maxDbConnections 15; pulumi up; pulumi config set --stack stage processes 2; pulumi up /,
        );
        const [first, second] = [
            { ...defaults, maxDbConnections: 15 },
            { ...defaults, maxDbConnections: 15, processes: 2 },
        ];
        expect(judge({ args: first, rolls: false })).toBeUndefined();
        expect(judge({ args: second, keeps: { ...first, shrinks: true } })?.level).toBe("warning"); // of the roll after
        // One that may not open enough files does not take smaller pools, either: a smaller one fits beside it.
        const stays = { ...defaults, maxDbConnections: 20, shrinks: false };
        expect(judge({ keeps: stays })!.fix).toMatch(/^pulumi config set --stack stage maxDbConnections 13 /);
        expect(judge({ args: { ...defaults, maxDbConnections: 13 }, keeps: stays })).toBeUndefined();
        expect(judge({ args: after, keeps: { ...before, shrinks: false } })!.fix).toMatch(/^raise the server's max_connections/);
        expect(judge({ args: after, keeps: { ...before, shrinks: true }, otherConnections: 90 })!.fix).toMatch(
            /^raise the server's max_connections/,
        );
    });

    test("says what it counted", () => {
        expect(judge({ args: { ...defaults, maxDbConnections: 20 } })!.what).toBe(
            "maxDbConnections: this run replaces the pooler, and two side by side may hold 44 backends (2 × (1 × maxDbConnections 20 + 2 for lookups)), " +
                "but the database has 37 left: max_connections 100, less 3 reserved and 60 for the direct clients (otherConnections)",
        );
    });
});

test("whatever a text setting has, pgbouncer.ini and userlist.txt are refused with its name, or have it whole", () => {
    const whole: Record<string, (value: string) => string> = {
        databaseHost: (value) => `tracksolid_db = host=${value} port=5432 dbname=tracksolid_db`,
        databases: (value) => `${value} = host=timescale_db port=5432 dbname=${value}`,
        adminUsers: (value) => `admin_users = ${value}`,
        authUser: (value) => `auth_user = ${value}`,
        authFunction: (value) => `auth_query = SELECT uname, phash FROM ${value}($1) WHERE uname IS NOT NULL`,
        ignoreStartupParameters: (value) => `ignore_startup_parameters = ${value},`,
    };
    holds(
        fc.property(fc.constantFrom(...Object.keys(whole)), nasty("name"), (key, value) => {
            const of = (text: string) => ({ ...ini, [key]: Array.isArray(ini[key as keyof PgbouncerIni]) ? [text] : text });
            let rendered: string;
            try {
                rendered = renderIni(of(value)) + renderUserlist(of(value).authUser, "x");
            } catch (cause) {
                return expect((cause as Error).message).toMatch(new RegExp(`^${key}: `));
            }
            const shape = (text: string) => text.split("\n").map((line) => line.replace(/[\w.-]+/g, ""));
            expect(rendered.split("\n")).toContain(whole[key]!(value));
            expect(shape(rendered)).toEqual(shape(renderIni(of("name")) + renderUserlist(of("name").authUser, "x")));
        }),
        200,
    );
});
