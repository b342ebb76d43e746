import { plainText, renderScreen } from "../../../../cli/top/screen";
import { Snapshot } from "../../../../cli/top/snapshot";

const seen: Snapshot = {
    at: "2026-11-27T01:02:03.000Z",
    stack: "stage",
    pools: [
        { database: "db", user: "app", active: 14, waiting: 3, longestWait: 7, busy: 14, idle: 1 },
        { database: "db", user: "people", active: 0, waiting: 0, longestWait: 0, busy: 0, idle: 1 },
    ],
    budget: { used: 17, pooler: 18, roll: 36 },
    database: {
        connections: { max: 100, reserved: 3, used: 60, left: 37 },
        direct: [{ address: "172.18.0.9", count: 40 }],
        transactions: [
            {
                pid: 77,
                user: "app",
                database: "db",
                application: "",
                state: "idle in transaction",
                pooled: true,
                seconds: 61,
                query: "SELECT\u001b[2J 1",
            },
        ],
    },
};
const wide = { columns: 200, rows: 50 };

test("the screen says who waits, how full both are, and which transaction is open", () => {
    const text = plainText(renderScreen(seen, wide));
    expect(text).toContain("3 clients wait, 7 s at most");
    expect(text).toMatch(/^pool .*█ ?░* 17 of 18 backends \(36 in a roll\)$/m);
    expect(text).toMatch(/^database .* 60 of 97 connections, 37 left$/m);
    expect(text).toContain("172.18.0.9 40");
    expect(text).toMatch(/^ +77 app +pool +idle in transaction +61 s /m);
});

test("a query can't move the cursor", () => {
    expect(plainText(renderScreen(seen, wide))).not.toMatch(/[^\n\P{Cc}]/u);
});

test("no line is wider than the terminal, and there are no more than it has", () => {
    for (const columns of [40, 80, 120]) {
        const lines = renderScreen(seen, { columns, rows: 6 });
        expect(lines.length).toBeLessThanOrEqual(6);
        for (const line of lines) expect(line.map(({ text }) => text).join("").length).toBeLessThanOrEqual(columns);
    }
});

test("a quiet pool says so", () => {
    const text = plainText(
        renderScreen(
            { ...seen, pools: [], database: { connections: { max: 100, reserved: 3, used: 60, left: 37 }, transactions: [], direct: [] } },
            wide,
        ),
    );
    expect(text).toContain("nobody waits");
    expect(text).toContain("no pool yet");
    expect(text).toContain("no open transaction");
});

test("a login that does not see all is named before the figures that it did not see", () => {
    const unseen = "this login does not see other roles' sessions (pg_read_all_stats)";
    const text = plainText(renderScreen({ ...seen, database: { ...seen.database, unseen, transactions: [] } }, wide));
    expect(text).toMatch(/^this login does not see other roles' sessions \(pg_read_all_stats\)\ndatabase /m);
    expect(text).toMatch(/^no open transaction that this login sees$/m);
    expect(plainText(renderScreen(seen, wide))).not.toContain("this login");
});

test("a database that takes nobody leaves the pools and who waits, and says why", () => {
    const text = plainText(renderScreen({ ...seen, database: { error: "direct session on db: FATAL:  sorry\u001b[2J" } }, wide));
    expect(text).toContain("3 clients wait, 7 s at most");
    expect(text).toMatch(/^pool .* 17 of 18 backends/m);
    expect(text).toMatch(/^database    direct session on db: FATAL: {2}sorry \[2J$/m);
    expect(text).toMatch(/^db +app +14 +3 /m);
    expect(text).not.toMatch(/^direct|QUERY|no open transaction/m);
});

test("no line is wider than a narrow terminal", () => {
    for (const columns of [10, 40, 61, 62, 63, 64, 80]) {
        const widths = plainText(renderScreen(seen, { columns, rows: 50 })).split("\n").map((line) => line.length); // prettier-ignore
        expect(Math.max(...widths)).toBeLessThanOrEqual(columns);
    }
});
