import * as fs from "fs";
import * as path from "path";
import { load } from "js-yaml";
import { project } from "../../../lab/paths";
import { Fired, Measured, result } from "../../proof/alerts";
import { faults, secondPooler } from "../../proof/alerts/faults";

const all = [...faults, secondPooler].flatMap(({ fires }) => Object.keys(fires));
const fired: Fired = { alert: "PoolerDown", what: "the pooler is frozen", within: 45, after: 33, ended: 4 };
const measured = (more: Partial<Measured> = {}): Measured => ({ fired: [fired], noise: [], ...more });
const whole = { minutes: 10, only: all };

test("there is a fault for each alert, and it waits for as long as the alert's `for`", () => {
    const rules = load(fs.readFileSync(path.join(project, "observability/prometheus/pg-sidecar.rules.yml"), "utf8")) as {
        groups: { rules: { alert: string; for?: string }[] }[];
    };
    const alerts = rules.groups.flatMap((group) => group.rules);
    expect([...all].sort()).toEqual(alerts.map(({ alert }) => alert).sort());
    const within: Record<string, number> = Object.assign({}, ...[...faults, secondPooler].map(({ fires }) => fires)) as never;
    for (const { alert, for: lasting = "0s" } of alerts) {
        const seconds = Number(lasting.slice(0, -1)) * (lasting.endsWith("m") ? 60 : 1);
        expect(within[alert]).toBeGreaterThan(seconds);
    }
});

test("the proof passes if each alert fired and ended, and none on a healthy stack", () => {
    expect(result(measured(), whole)).toMatchObject({ passed: true, partial: false });
    const { alert, what, within } = fired;
    expect(result(measured({ fired: [{ alert, what, within, ended: 4 }] }), whole).passed).toBe(false);
    expect(result(measured({ fired: [{ alert, what, within, after: 33 }] }), whole).passed).toBe(false);
    expect(result(measured({ noise: ["PoolLeaks"] }), whole)).toMatchObject({
        passed: false,
        summary: expect.stringContaining("PoolLeaks") as string,
    });
});

test("less than all of it is a part only", () => {
    expect(result(measured(), { minutes: 10, only: ["PoolerDown"] }).partial).toBe(true);
    expect(result(measured(), { minutes: 1, only: all }).partial).toBe(true);
});
