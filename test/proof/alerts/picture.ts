import { drawSvg } from "../../../cli/svg";
import { Prometheus } from "../../e2e/support/prometheus";
import { Panel, questions } from "../../../observability/questions";

const [width, height, columns] = [440, 220, 3];

/** Draws the dashboard's curves as a Prometheus answers them, from the last minutes. Grafana itself is not to be had here. */
export async function drawDashboard(prometheus: Prometheus, minutes: number): Promise<string> {
    const panels = questions.flatMap(({ title, panels: all }) =>
        all.filter(({ kind }) => kind === "curves").map((panel) => ({ ...panel, question: title })),
    );
    const drawn = await Promise.all(panels.map((panel) => curvesOf(prometheus, panel, minutes)));
    const rows = Math.ceil(panels.length / columns);
    const place = (at: number) => ({ left: (at % columns) * width + 50, top: Math.floor(at / columns) * height + 40 });
    const size = { width: columns * width, height: rows * height };
    return drawSvg(size, {
        backgroundColor: "#fff",
        title: panels.map(({ title, question }, at) => ({
            ...{ text: title, subtext: question, left: place(at).left - 10, top: place(at).top - 38, itemGap: 2 },
            ...{ textStyle: { fontSize: 12 }, subtextStyle: { fontSize: 9 } },
        })),
        grid: panels.map((_, at) => ({ ...place(at), width: width - 80, height: height - 75 })),
        xAxis: panels.map((_, gridIndex) => ({
            gridIndex,
            type: "value",
            axisLabel: { fontSize: 9, formatter: "{value} min" },
            min: -minutes,
            max: 0,
        })),
        yAxis: panels.map((_, gridIndex) => ({ gridIndex, type: "value", min: 0, axisLabel: { fontSize: 9 } })),
        series: drawn.flatMap((curves, at) =>
            curves.map(({ name, points }) => ({
                ...{ type: "line", name, data: points, xAxisIndex: at, yAxisIndex: at, showSymbol: false, step: "end" },
                ...{ endLabel: { show: true, formatter: "{a}", fontSize: 9, distance: -60, offset: [0, -8] }, lineStyle: { width: 1.2 } },
            })),
        ),
    });
}

interface Curve {
    name: string;
    /** Minutes before now, and the value. */
    points: [number, number][];
}

async function curvesOf(prometheus: Prometheus, { queries }: Panel, minutes: number): Promise<Curve[]> {
    const now = Date.now() / 1000;
    const answers = await Promise.all(
        queries.map(async ({ expr, legend = "" }) => {
            const series = await prometheus.range(
                expr.replaceAll("$__rate_interval", "30s").replaceAll("$stack", ".*"),
                now - minutes * 60,
                now,
                Math.max(2, minutes / 3),
            );
            return series.map(({ metric, values }) => ({
                name: legend.replace(/{{(\w+)}}/g, (_, label: string) => metric[label] ?? ""),
                points: values.map(([at, value]): [number, number] => [(at - now) / 60, Number(value)]),
            }));
        }),
    );
    return answers.flat();
}
