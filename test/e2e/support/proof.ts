import * as fs from "fs";
import * as path from "path";
import { drawSvg } from "../../../cli/svg";
import { inLab, project } from "../../../lab/paths";

/** Where tests leave pictures and figures: `.lab/proof`, or with PROOF=docs/proof where the docs show them. */
export function proof(file: string): string {
    const folder = process.env.PROOF ? path.join(project, process.env.PROOF) : inLab("proof");
    fs.mkdirSync(folder, { recursive: true });
    return path.join(folder, file);
}

export interface Curve {
    name: string;
    color: string;
    /** Seconds and value. */
    points: [number, number][];
}

export interface ChartArgs {
    title: string;
    x: string;
    y: string;
    curves: Curve[];
    /** A level to measure the curves by. */
    level: { name: string; value: number };
}

/** Draws stepped curves as an SVG. */
export function chart({ title, x, y, curves, level }: ChartArgs): string {
    const size = { width: 860, height: 420 };
    return drawSvg(size, {
        backgroundColor: "#ffffff",
        title: { text: title, left: 16, top: 8, textStyle: { fontSize: 15, fontWeight: "normal" } },
        legend: { top: 36, left: 16, itemGap: 40, textStyle: { width: 220 } },
        grid: { left: 56, right: 24, top: 72, bottom: 48 },
        xAxis: { type: "value", name: x, nameLocation: "middle", nameGap: 28, max: Math.ceil(Math.max(...curves.flatMap(({ points }) => points.map(([seconds]) => seconds)))), axisLabel: { formatter: "{value}", hideOverlap: true } }, // prettier-ignore
        yAxis: { type: "value", name: y, nameLocation: "middle", nameGap: 36, max: level.value + 4 },
        series: curves.map(({ name, color, points }, at) => ({
            name,
            type: "line",
            step: "end",
            symbol: "none",
            lineStyle: { width: 2, color },
            itemStyle: { color },
            data: points.map(([seconds, value]) => [Math.round(seconds * 100) / 100, value]),
            ...(at === 0
                ? {
                      markLine: {
                          symbol: "none",
                          lineStyle: { color: "#888888", type: "dashed" },
                          label: { formatter: `${level.name}: ${level.value}`, position: "insideStartTop" },
                          data: [{ yAxis: level.value }],
                      },
                  }
                : {}),
        })),
    });
}

interface FaultRow {
    saw: string;
    /** The longest pause of the pipeline's writer meanwhile, in seconds. */
    pause: number;
}

/** Writes down what was seen of a fault: `faults.json` holds it by title, `faults.md` is the table that docs/FAULTS.md shows. */
export function recordFault(title: string, saw: string, pause: number): void {
    const file = proof("faults.json");
    const rows = (fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, "utf8")) : {}) as Record<string, FaultRow>;
    rows[title] = { saw, pause };
    fs.writeFileSync(file, JSON.stringify(rows, undefined, 4));
    const lines = Object.entries(rows).map(([fault, row]) => `| ${fault} | ${row.saw} | ${row.pause.toFixed(1)} s |`);
    fs.writeFileSync(
        proof("faults.md"),
        ["| fault | what is seen | the writer's longest pause |", "| --- | --- | --- |", ...lines, ""].join("\n"),
    );
}
