import * as fs from "fs";
import * as path from "path";
import { snapshotOf, takeSnapshot } from "../../../../cli/top/snapshot";
import { askConsoles, ConsoleFacts } from "../../../../cli/verify/console";
import { Target } from "../../../../cli/verify/target";
import { project } from "../../../../lab/paths";
import { UserError } from "../../../../findings/errors";
import { withoutPooler } from "../verify/withoutpooler";

jest.mock("../../../../cli/verify/console", () => {
    const actual = jest.requireActual<typeof import("../../../../cli/verify/console")>("../../../../cli/verify/console");
    return { ...actual, askConsoles: jest.fn(actual.askConsoles) };
});

const target = {
    stack: "stage",
    deployed: { databases: ["a", "b"], maxDbConnections: 16, processes: 2 },
    outputs: { backendBudget: 72 },
} as unknown as Target;
const facts = (...pools: Record<string, string>[]): ConsoleFacts => ({ version: "", pools, databases: [], config: {}, lists: {} });
const row = (database: string, user: string, more: Record<string, string> = {}) => ({ database, user, cl_active: "1", cl_waiting: "0", sv_active: "1", sv_idle: "0", maxwait: "0", ...more }); // prettier-ignore
const look = { seesAll: true, maxConnections: 100, reserved: 3, used: 98, pooled: 30, transactions: [], direct: [] };

test("the pools of several processes are added up, and the pooler's own are left out", () => {
    const first = facts(
        row("a", "app", { cl_waiting: "2", maxwait: "4" }),
        row("pgbouncer", "pgbouncer"),
        row("pgbouncer_lookup", "pgbouncer"),
    );
    const { pools } = snapshotOf(target, [first, facts(row("a", "app", { cl_waiting: "1", maxwait: "9" }), row("b", "app"))], look);
    expect(pools).toEqual([
        { database: "a", user: "app", active: 2, waiting: 3, longestWait: 9, busy: 2, idle: 0 },
        { database: "b", user: "app", active: 1, waiting: 0, longestWait: 0, busy: 1, idle: 0 },
    ]);
});

test("the budget is that of one pooler, and no fewer than no connections are left", () => {
    const { budget, database } = snapshotOf(target, [facts()], look);
    expect(budget).toEqual({ used: 30, pooler: 36, roll: 72 });
    expect(database).toMatchObject({ connections: { max: 100, reserved: 3, used: 98, left: 0 } });
});

test("a database that can't be asked leaves the pools, and the backends that the pooler counts", async () => {
    jest.mocked(askConsoles).mockResolvedValueOnce([facts(row("a", "app", { sv_idle: "2" }), row("pgbouncer_lookup", "pgbouncer"))]);
    const { pools, budget, database } = await withoutPooler(takeSnapshot);
    expect(pools).toMatchObject([{ database: "a", busy: 1, idle: 2 }]);
    expect(budget.used).toBe(4);
    expect(database).toEqual({ error: "the pooler pgbouncer-1 is not running" });
});

test("a pooler that does not run is said in a line, with the fix", async () => {
    const seen = await withoutPooler((on) => takeSnapshot(on).catch((cause: Error) => cause));
    expect(seen).toBeInstanceOf(UserError);
    expect((seen as Error).message).toMatch(/^the pooler pgbouncer-1 is not running\nFix: .*pulumi up --stack stage --refresh$/);
});

test("a login that does not see other roles' sessions is told so", () => {
    const unseen = "this login does not see other roles' sessions (pg_read_all_stats)";
    expect(snapshotOf(target, [facts()], { ...look, seesAll: false }).database).toMatchObject({ unseen });
    expect(snapshotOf(target, [facts()], look).database).not.toHaveProperty("unseen");
});

test("a session that still logs in, which has no user yet, is no open transaction", () => {
    const sql = fs.readFileSync(path.join(project, "cli/top/look.sql"), "utf8");
    const [, opened] = /opened AS \(([^;]*?)\), client_address/.exec(sql)!;
    expect(opened).toMatch(/WHERE xact_start IS NOT NULL AND usename IS NOT NULL\b/);
});
