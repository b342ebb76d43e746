import { judgeLeak, judgeLeftBehind, leakChecks, leakPrograms, parseLooks } from "../../../../../cli/verify/checks/leaks";
import { findContainer } from "../../../../../cli/verify/containers";
import { queryJson } from "../../../../../cli/verify/sessions";
import { Target } from "../../../../../cli/verify/target";
import { outputs } from "../fixture";
import { seen } from "../seen";

jest.mock("../../../../../cli/verify/containers");
jest.mock("../../../../../cli/verify/sessions");

describe("leaks", () => {
    const leak = { id: "set", what: "SET" };

    test("are parsed for each kind", () => {
        expect(parseLooks("looked\nlooked\nlooked\nset f\nrole t\n")).toEqual({ looked: 3, leaked: { set: false, role: true } });
        expect(parseLooks("looked\nlooked\n")).toEqual({ looked: 2 });
    });

    test("fail in strict mode, warn in fast mode, and are skipped if nobody got the backend", () => {
        expect(judgeLeak({ looked: 1, leaked: { set: false } }, leak, true, "pulumi up").result).toBe("ok");
        expect(judgeLeak({ looked: 1, leaked: { set: true } }, leak, true, "pulumi up").result).toBe("failed");
        expect(seen(judgeLeak({ looked: 1, leaked: { set: true } }, leak, false, "pulumi up"))).toMatch(
            /^warning: .*price of serverResetQueryAlways/,
        );
        expect(judgeLeak({ looked: 60 }, leak, true, "pulumi up").result).toBe("skipped");
    });
});

describe("what the clients do", () => {
    const { setting, looking } = leakPrograms("app");

    test("is a transaction that may write, whatever the login's sessions start with", () => {
        for (const program of [setting, looking]) expect(program).toMatch(/^BEGIN READ WRITE;\n/);
    });

    test("leaves the temporary table out, if the login has no TEMP on the database", () => {
        expect(setting).toMatch(/has_database_privilege\([^\n]+, 'TEMP'\) AS "may_temp"/);
        expect(setting).toMatch(/\n\\if :may_temp\nCREATE TEMPORARY TABLE sidecar_verify_\w+ \(\);\n\\endif\n/);
        expect(looking).toMatch(/\n\\if :may_temp\n\\echo temp :temp\n\\if :temp\nDROP TABLE [^\n]+;\n\\endif\n\\endif\n/);
        const without = "this login may not create one: it has no TEMP on the database";
        const facts = parseLooks("looked\nset f\nrole f\nlock f\nprepared f\n");
        expect(seen(judgeLeak(facts, { id: "temp", what: "a temporary table", without }, true, "pulumi up"))).toBe(
            `skipped: a temporary table: ${without} `,
        );
        expect(judgeLeak(facts, { id: "set", what: "SET" }, true, "pulumi up").result).toBe("ok");
    });
});

test("what is left behind fails a strict pool, and is a warning in a fast one", () => {
    const lock = { kind: "advisory lock", user: "app", database: "db", application: "careless", count: 2 };
    const pool = (serverResetQueryAlways: boolean, serverResetEnforced = false) => ({
        ...{ deployed: { serverResetQueryAlways, serverResetEnforced }, stack: "stage", upCommand: "pulumi up --stack stage" },
    });
    expect(seen(judgeLeftBehind([], pool(true)))).toMatch(
        /^ok: nothing in any idle backend; not seen: temporary tables before PostgreSQL 16 /,
    );
    expect(seen(judgeLeftBehind([lock], pool(true)))).toBe(
        "failed: 2 × advisory lock by app (careless) in db: a reset has failed, and the next clients get it " +
            "pulumi config set --stack stage serverResetEnforced true; pulumi up --stack stage",
    );
    expect(judgeLeftBehind([lock], pool(true, true)).remedy).toBe("pulumi up --stack stage --replace '**Container::pgbouncer'");
    expect(seen(judgeLeftBehind([lock, { ...lock, application: "", count: 1 }], pool(false))).trim()).toBe(
        "warning: 2 × advisory lock by app (careless) in db, 1 × advisory lock by app in db",
    );
});

test("left-behind looks even if no query comes back through the pool: a statement_timeout that a client left may be why", () => {
    expect(leakChecks[0]).toEqual({ id: "left-behind", proves: expect.any(String), run: expect.any(Function) });
});

test("left-behind is skipped if what it found may be a direct client's: the database does not see the pooler's own address", async () => {
    const target = { deployed: outputs.deployed, outputs, stack: "stage", upCommand: "pulumi up" } as unknown as Target;
    const lock = { kind: "advisory lock", user: "app", database: "db", application: "", count: 1 };
    const judge = async (address: string) => {
        const networks = { [outputs.networks.database]: { addresses: ["172.18.0.5"] } };
        jest.mocked(findContainer).mockResolvedValue({ networks } as never);
        jest.mocked(queryJson).mockImplementation((_target, _way, _database, sql) =>
            Promise.resolve((sql.includes("advisory") ? [lock] : [address]) as never),
        );
        return seen(await leakChecks[0]!.run(target));
    };
    expect(await judge("10.0.0.9")).toMatch(/^skipped: .* outside this Docker host and does not see the pooler's own address $/);
    expect(await judge("172.18.0.5")).toMatch(/^failed: 1 × advisory lock by app in db: a reset has failed/);
});
