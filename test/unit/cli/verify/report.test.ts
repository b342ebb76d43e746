import { failed, ok, Report, skipped, warning } from "../../../../cli/verify/check";
import { progress, table, wrap } from "../../../../cli/verify/report";

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
                "                   Fix: pulumi up",
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
