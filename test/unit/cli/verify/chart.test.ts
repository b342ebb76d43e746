import { chart } from "../../../../cli/verify/chart";

test("the chart has figures on both axes, the limit, and the period below", () => {
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
