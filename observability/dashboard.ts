import * as fs from "fs";
import * as path from "path";
import { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import {
    Dashboard,
    DashboardBuilder,
    DatasourceVariableBuilder,
    QueryVariableBuilder,
    Panel as GrafanaPanel,
    RowBuilder,
    ThresholdsConfigBuilder,
    ThresholdsMode,
    VariableRefresh,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as Stat } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as Timeseries } from "@grafana/grafana-foundation-sdk/timeseries";
import { Panel, Query, questions } from "./questions";

// `npm run docs` runs this file, and writes the dashboard that Grafana imports.

export const dashboardFile = path.join(__dirname, "grafana/pg-sidecar.json");

const datasource = { type: "prometheus", uid: "${datasource}" };
const height = 7;

/** The dashboard: a row for each question. */
export function dashboard(): Dashboard {
    const built = new DashboardBuilder("pg-sidecar")
        .uid("pg-sidecar")
        .description("Generated: edit observability/questions.ts, then run `npm run docs`.")
        .tags(["pgbouncer", "postgresql"])
        .refresh("30s")
        .time({ from: "now-6h", to: "now" })
        .timezone("browser")
        .withVariable(new DatasourceVariableBuilder("datasource").label("Prometheus").type("prometheus"))
        .withVariable(
            new QueryVariableBuilder("stack")
                .label("Stack")
                .datasource(datasource)
                .query({ refId: "stack", query: "label_values(pg_sidecar_pool_budget, stack)" })
                .refresh(VariableRefresh.OnDashboardLoad),
        );
    for (const { title, panels } of questions) {
        built.withRow(new RowBuilder(title));
        for (const panel of panels) built.withPanel(panelOf(panel));
    }
    return built.build();
}

function panelOf(panel: Panel): Builder<GrafanaPanel> {
    const builder = panel.kind === "number" ? new Stat() : new Timeseries().min(0);
    const targets = panel.queries.map((query, at) => targetOf(query, at, panel.kind));
    builder.title(panel.title).datasource(datasource).span(panel.width).height(height).targets(targets);
    if (panel.unit) builder.unit(panel.unit);
    if (panel.limits) builder.thresholds(thresholds(panel.limits));
    return builder;
}

/** A number is asked for as of now: of a range, it would be the last sample, however old. */
function targetOf({ expr, legend = "" }: Query, at: number, kind: Panel["kind"]): Builder<Dataquery> {
    const target = new DataqueryBuilder()
        .refId(String.fromCharCode(65 + at))
        .datasource(datasource)
        .expr(expr)
        .legendFormat(legend);
    return kind === "number" ? target.instant() : target.range();
}

function thresholds([orange, red]: [number, number]): ThresholdsConfigBuilder {
    const rising = [step(null, "green"), step(orange, "orange"), step(red, "red")];
    const falling = [step(null, "red"), step(red, "orange"), step(orange, "green")];
    return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(orange < red ? rising : falling);
}

const step = (value: number | null, color: string) => ({ value, color });

export const dashboardDocument = () => `${JSON.stringify(dashboard(), undefined, 2)}\n`;

if (require.main === module) fs.writeFileSync(dashboardFile, dashboardDocument());
