import { parseSettings } from "../../../../settings/settings";
import { deployed } from "../../../../settings/deployed";
import { chart } from "../../../../cli/verify/chart";
import { Check, failed, ok, once, Report, runChecks, skipped, Unmet, warning } from "../../../../cli/verify/check";
import { progress, table, wrap } from "../../../../cli/verify/report";
import { literal, psqlFor, reason, words } from "../../../../cli/verify/sessions";
import { settingsOf } from "../../../../cli/stack";
import { Target, targetOf } from "../../../../cli/verify/target";

const values = {
    "pg-sidecar:databaseNetwork": "coolify-net",
    "pg-sidecar:pgadminEmail": "admin@example.com",
    "postgresql:host": "127.0.0.1",
    "postgresql:password": "hunter22",
};
const settings = parseSettings({ project: "pg-sidecar", stack: "stage", values, secretKeys: ["postgresql:password"], env: {} });
const outputs = {
    pgbouncerContainer: "pgbouncer-1",
    pgadminContainer: "pgadmin-1",
    pgbouncerIni: "[pgbouncer]\n",
    backendBudget: 36,
    networks: { sidecar: "pg-sidecar-1", database: "coolify-net" },
    deployed: deployed(settings),
};

describe("the target", () => {
    test("is made of outputs and settings; the output has no secret in it", () => {
        const target = targetOf("org/pg-sidecar/stage", outputs, settings);
        expect(target).toMatchObject({ owner: "pg-sidecar/stage", login: { user: "postgres", password: "hunter22" } });
        expect(target).toMatchObject({ dockerCommand: "docker", psqlCommand: "psql -h 127.0.0.1 -p 5432 -U postgres -d tracksolid_db" });
        expect(target.deployed).toMatchObject({ databases: ["tracksolid_db"], pipelineTable: "tracksolid.ingestion_log" });
        expect(JSON.stringify(outputs)).not.toContain("hunter22");
    });

    test("names the tunnel in its command lines where that is the way to the database", () => {
        const far = targetOf("stage", outputs, { ...settings, docker: { host: "ssh://me@there", sshOpts: [] } });
        expect(far).toMatchObject({
            upCommand: "npm run tunnel -- pulumi up --stack stage",
        });
        expect(far.psqlCommand).toBe("PULUMI_STACK=stage npm run tunnel -- psql -h 127.0.0.1 -p 5432 -U postgres -d tracksolid_db");
    });

    test("reads what `pulumi config --json` prints", () => {
        const config = Object.fromEntries(
            Object.entries(values).map(([key, value]) => [key, { value, secret: key === "postgresql:password" }]),
        );
        const read = settingsOf("org/pg-sidecar/stage", config, { DOCKER_HOST: "ssh://me@there" });
        expect(read).toEqual({ ...settings, docker: { host: "ssh://me@there", sshOpts: [] } });
    });

    test.each<[string, unknown, RegExp]>([
        ["that is not up", {}, /is not up.*\n.*pulumi up --stack stage/],
        ["of an older program", { ...outputs, deployed: undefined }, /another version.*deployed.*\n.*pulumi up --stack stage/],
        ["that lacks a single value", { ...outputs, deployed: { ...outputs.deployed, listenPort: undefined } }, /deployed\.listenPort/],
    ])("a stack %s is refused with the remedy", (_, given, said) => {
        expect(() => targetOf("stage", given, settings)).toThrow(said);
    });

    test.each([["tracksolid."], ["ingestion_log"], ["a.b.c"], ["a.b; DROP"]])("pipelineTable %j is refused", (pipelineTable) => {
        const raw = { ...values, "pg-sidecar:pipelineTable": pipelineTable };
        const parse = () => parseSettings({ project: "pg-sidecar", stack: "s", values: raw, secretKeys: ["postgresql:password"], env: {} });
        expect(parse).toThrow(/pipelineTable is .* must be schema.table/);
    });
});

describe("a run of checks", () => {
    const target = {} as Target;
    const check = (id: string, run: Check["run"], needs?: string[]): Check => ({ id, proves: id, run, ...(needs ? { needs } : {}) });
    const outcomes = async (...checks: Check[]) =>
        (await runChecks(checks, target, { began: () => undefined, ended: () => undefined })).map(({ id, result, saw }) => [
            id,
            result,
            saw,
        ]);

    test("goes on after one that throws, and skips what needs it", async () => {
        const all = await outcomes(
            check("a", () => Promise.reject(new Error("it broke\n"))),
            check("b", () => Promise.resolve(ok("b")), ["a"]),
            check("c", () => Promise.resolve(ok("c")), ["not-run"]),
            check("d", () => Promise.reject(new Unmet("no container"))),
        );
        expect(all).toEqual([
            ["a", "failed", "it broke"],
            ["b", "skipped", "needs a, which did not pass"],
            ["c", "ok", "c"],
            ["d", "skipped", "no container"],
        ]);
    });

    test("gathers once what several share", async () => {
        let gathered = 0;
        const gather = once(() => Promise.resolve(++gathered));
        await gather(target);
        expect(await gather(target)).toBe(1);
        expect(await gather({} as Target)).toBe(2);
    });
});

describe("the report", () => {
    const report = (id: string, outcome: ReturnType<typeof ok>): Report => ({ id, proves: `${id} is right`, seconds: 1.25, ...outcome });
    const reports = [
        report("a", ok("saw a")),
        report("b", failed("saw b", "pulumi up")),
        report("c", warning("saw c")),
        report("d", skipped("why d")),
        report("e", { ...ok("saw e"), chart: ["│▂█"] }),
    ];

    test("shows each with its symbol, what it saw, the remedy and the chart", () => {
        expect(table(reports)).toBe(
            [
                "✓ a                a is right",
                "                   saw a",
                "✗ b                b is right",
                "                   saw b",
                "                   mend it: pulumi up",
                "! c                c is right",
                "                   saw c",
                "– d                d is right",
                "                   why d",
                "✓ e                e is right",
                "                   saw e",
                "                   │▂█",
                "",
                "2 passed, 1 failed, 1 warning, 1 skipped",
            ].join("\n"),
        );
        expect(progress(reports[0]!)).toBe("✓ a                1.3 s");
    });

    test("breaks long lines at spaces", () => {
        expect(wrap("one two three incomprehensibilities four", 9)).toEqual(["one two", "three", "incomprehensibilities", "four"]);
    });
});

test("the chart has figures on both axes, the limit, and what lasted below", () => {
    const points = [0, 1, 2, 3].map((at) => ({ at, value: at * 3 }));
    const options = {
        title: "backends",
        limit: 12,
        limitName: "at most",
        span: { name: "30 clients", from: 2, to: 4 },
        width: 8,
        height: 4,
    };
    expect(chart(points, options)).toEqual([
        "backends",
        "  12 │········  12 at most",
        "     │      █ ",
        "   6 │    █ █ ",
        "     │  █ █ █ ",
        "   0 └────────",
        "      0 s 2 s4 s",
        "          ━━━━  30 clients",
    ]);
});

describe("a session", () => {
    const target = targetOf("stage", outputs, settings);

    test("has its password in the environment alone, and only the direct one carries verify's name", () => {
        const [direct, pooled] = (["direct", "pooled"] as const).map((way) => psqlFor(target, way, "tracksolid_db"));
        expect(direct!.command.join(" ")).toContain("-h timescale_db -p 5432 -U postgres");
        expect(pooled!.command.join(" ")).toContain("-h 127.0.0.1 -p 6432 -U postgres");
        expect([...direct!.command, ...pooled!.command].join(" ")).not.toContain("hunter22");
        expect(direct!.env).toMatchObject({ PGPASSWORD: "hunter22", PGAPPNAME: "pg-sidecar verify" });
        expect(pooled!.env).not.toHaveProperty("PGAPPNAME");
    });

    test("quotes for the shell and for SQL", () => {
        expect(words("psql", "it's")).toBe(`'psql' 'it'\\''s'`);
        expect(literal("it's")).toBe("'it''s'");
    });

    test("that failed says why in a line", () => {
        expect(reason({ code: 2, stdout: "", stderr: "psql: error: no\n\tIs it there?\n" })).toBe("psql: error: no; Is it there?");
        expect(reason({ code: 143, stdout: "", stderr: "" })).toBe("it did not end in time");
        expect(reason({ code: 3, stdout: "", stderr: "" })).toBe("exit code 3");
    });
});
