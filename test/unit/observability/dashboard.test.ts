import * as fs from "fs";
import * as path from "path";
import { load } from "js-yaml";
import { dashboardDocument, dashboardFile } from "../../../observability/dashboard";
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
