import { Check, failed, ok, once, runChecks, Unmet } from "../../../../cli/verify/check";
import { Target } from "../../../../cli/verify/target";

describe("a run of checks", () => {
    const target = {} as Target;
    const check = (id: string, run: Check["run"], needs?: string[]): Check => ({ id, proves: id, run, ...(needs ? { needs } : {}) });
    const outcomes = async (...checks: Check[]) =>
        (await runChecks(checks, target, { began: () => undefined, ended: () => undefined })).map(({ id, result, saw }) => [
            id,
            result,
            saw,
        ]);

    test("continues after one that throws, and skips what needs it", async () => {
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

    test("fails if the check that would report why it can't look is not chosen", async () => {
        const down = check("d", () => Promise.reject(new Unmet("no container", "containers", "up")));
        const containers = check("containers", () => Promise.resolve(failed("it is gone")));
        expect(await outcomes(containers, down)).toContainEqual(["d", "skipped", "no container (see containers)"]);
        expect(await outcomes(down)).toEqual([["d", "failed", "no container"]]);
        const [report] = await runChecks([down], target, { began: () => undefined, ended: () => undefined });
        expect(report).toMatchObject({ remedy: "up" });
    });

    test("gathers what several checks share only once", async () => {
        let gathered = 0;
        const gather = once(() => Promise.resolve(++gathered));
        await gather(target);
        expect(await gather(target)).toBe(1);
        expect(await gather({} as Target)).toBe(2);
    });
});
