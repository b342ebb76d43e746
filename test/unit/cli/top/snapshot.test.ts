import * as fs from "fs";
import * as path from "path";
import { snapshotOf } from "../../../../cli/top/snapshot";
import { ConsoleFacts } from "../../../../cli/verify/console";
import { Target } from "../../../../cli/verify/target";
import { project } from "../../../../lab/paths";

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
    const { budget, connections } = snapshotOf(target, [facts()], look);
    expect(budget).toEqual({ used: 30, pooler: 36, roll: 72 });
    expect(connections).toEqual({ max: 100, reserved: 3, used: 98, left: 0 });
});

test("a login that does not see other roles' sessions is told so", () => {
    const unseen = "this login does not see other roles' sessions (pg_read_all_stats)";
    expect(snapshotOf(target, [facts()], { ...look, seesAll: false })).toMatchObject({ unseen });
    expect(snapshotOf(target, [facts()], look)).not.toHaveProperty("unseen");
});

test("a session that still logs in, which has no user yet, is no open transaction", () => {
    const sql = fs.readFileSync(path.join(project, "cli/top/look.sql"), "utf8");
    const [, opened] = /opened AS \(([^;]*?)\), client_address/.exec(sql)!;
    expect(opened).toMatch(/WHERE xact_start IS NOT NULL AND usename IS NOT NULL\b/);
});
