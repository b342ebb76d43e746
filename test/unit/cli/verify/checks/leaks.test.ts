import { judgeLeak, judgeLeftBehind, parseLooks } from "../../../../../cli/verify/checks/leaks";
import { seen } from "../seen";

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

test("what is left behind fails a strict pool, and is a warning in a fast one", () => {
    const lock = { kind: "advisory lock", user: "app", database: "db", application: "careless", count: 2 };
    const pool = (serverResetQueryAlways: boolean, serverResetEnforced = false) => ({
        ...{ deployed: { serverResetQueryAlways, serverResetEnforced }, stack: "stage", upCommand: "pulumi up --stack stage" },
    });
    expect(judgeLeftBehind([], pool(true)).result).toBe("ok");
    expect(seen(judgeLeftBehind([lock], pool(true)))).toBe(
        "failed: 2 × advisory lock by app (careless) in db: a reset has failed, and the next clients get it " +
            "pulumi config set --stack stage serverResetEnforced true; pulumi up --stack stage",
    );
    expect(judgeLeftBehind([lock], pool(true, true)).remedy).toBe("pulumi up --stack stage --replace '**Container::pgbouncer'");
    expect(seen(judgeLeftBehind([lock, { ...lock, application: "", count: 1 }], pool(false))).trim()).toBe(
        "warning: 2 × advisory lock by app (careless) in db, 1 × advisory lock by app in db",
    );
});
