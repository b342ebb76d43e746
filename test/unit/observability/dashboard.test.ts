import * as fs from "fs";
import * as path from "path";
import { load } from "js-yaml";
import { dashboard, dashboardDocument, dashboardFile } from "../../../observability/dashboard";
import { questions } from "../../../observability/questions";
import { project } from "../../../lab/paths";

test("the committed dashboard is the generated one", () => {
    expect(fs.readFileSync(dashboardFile, "utf8")).toBe(dashboardDocument());
});

test("each row of the dashboard fills its lines", () => {
    for (const { panels } of questions) {
        const width = panels.reduce((sum, panel) => sum + panel.width, 0);
        expect(width % 24).toBe(0);
    }
});

test("a number is one series, as of now, and a curve has its past", () => {
    const panels = questions.flatMap((question) => question.panels);
    for (const { title, kind, queries } of panels.filter((panel) => panel.kind === "number"))
        expect([title, kind, queries.map(({ expr }) => /^(sum|max|min)\(.*\)$/.test(expr))]).toEqual([title, kind, [true]]);
    const drawn = dashboard().panels as { title: string; type: string; targets?: { instant?: boolean; range?: boolean }[] }[];
    for (const { title, type, targets = [] } of drawn.filter((panel) => panel.type !== "row"))
        expect([title, targets.map(({ instant, range }) => [instant, range])]).toEqual([title, targets.map(() => (type === "stat" ? [true, false] : [false, true]))]); // prettier-ignore
});

test("each alert has a section of the docs that says what to do", () => {
    const rules = load(fs.readFileSync(path.join(project, "observability/prometheus/pg-sidecar.rules.yml"), "utf8")) as {
        groups: { rules: { alert: string; annotations: { runbook: string } }[] }[];
    };
    const docs = fs.readFileSync(path.join(project, "docs/OBSERVABILITY.md"), "utf8");
    for (const { alert, annotations } of rules.groups.flatMap((group) => group.rules)) {
        expect(docs).toContain(`### ${alert}\n`);
        expect(annotations.runbook).toBe(`docs/OBSERVABILITY.md#${alert.toLowerCase()}`);
    }
});
