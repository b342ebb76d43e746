import { judgeLeak, parseLooks } from "../../../../../cli/verify/checks/leaks";
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
