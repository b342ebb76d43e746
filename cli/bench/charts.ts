import { EChartsOption } from "echarts";
import { comparedRate } from "./latency";
import { isSimplest, percentileNames } from "./pgbench";
import { Latency, Results } from "./results";
import { median } from "../statistics";
import { drawSvg } from "../svg";
import { mainClients } from "./throughput";

export interface Chart {
    title: string;
    svg: string;
}

const colors: Record<string, string> = { direct: "#555555", strict: "#1f77b4", fast: "#2ca02c" };

function draw(title: string, option: EChartsOption): Chart {
    const size = { width: 860, height: 380 };
    const svg = drawSvg(size, {
        backgroundColor: "#ffffff",
        title: { text: title, left: 16, top: 8, textStyle: { fontSize: 15, fontWeight: "normal" } },
        legend: { top: 36, left: 16 },
        grid: { left: 72, right: 24, top: 76, bottom: 52 },
        ...option,
    });
    return { title, svg };
}

const middle = (values: (number | undefined)[]) => {
    const known = values.flatMap((value) => value ?? []);
    return known.length === 0 ? null : median(known);
};

const bars = (title: string, unit: string, categories: string[], series: { name: string; color?: string; data: (number | null)[]; stack?: string }[]) =>
    draw(title, {
        xAxis: { type: "category", data: categories, axisLabel: { interval: 0 } },
        yAxis: { type: "value", name: unit, nameLocation: "middle", nameGap: 52 },
        series: series.map(({ name, color, data, stack }) => ({ name, type: "bar", data, ...(stack ? { stack } : {}), ...(color ? { itemStyle: { color } } : {}) })),
    }); // prettier-ignore

/** The charts of the results, by the names of their files. */
export function charts(results: Results): Record<string, Chart> {
    const { throughput, latency, ways: named } = results;
    const ways = Object.keys(named);
    const main = throughput.filter((one) => isSimplest(one) && one.clients === mainClients);
    const cpu = (way: string, part: "pooler" | "database") => middle(main.filter((one) => one.way === way).map((one) => one.cpu?.[part]));
    const compared = ways.filter((way) => latency.some((one) => one.way === way && one.percentiles));
    const rate = (one: Latency) => one.rate === comparedRate && one.percent === undefined;
    return {
        ...(main.length > 0 && {
            "bench-throughput.svg": bars(`SELECTs a second, ${mainClients} clients, pgbench -M simple and prepared`, "transactions a second", ways, [
                { name: "simple", color: "#1f77b4", data: ways.map((way) => middle(main.filter((one) => one.way === way).map(({ tps }) => tps))) },
                {
                    name: "prepared",
                    color: "#ff7f0e",
                    data: ways.map((way) => middle(throughput.filter((one) => one.way === way && one.script === "select" && one.protocol === "prepared").map(({ tps }) => tps))),
                },
            ]),
            "bench-cpu.svg": bars(`CPU time of a SELECT, ${mainClients} clients`, "microseconds", ways, [
                { name: "database", color: "#555555", stack: "cpu", data: ways.map((way) => cpu(way, "database")) },
                { name: "pooler", color: "#1f77b4", stack: "cpu", data: ways.map((way) => cpu(way, "pooler")) },
            ]),
        }),
        ...(latency.some(rate) && {
            "bench-latency.svg": bars("Latency of a SELECT at 1,000 a second", "milliseconds", percentileNames.slice(0, 3), compared.map((way) => ({
                name: way,
                ...(colors[way] ? { color: colors[way] } : {}),
                data: percentileNames.slice(0, 3).map((name) => middle(latency.filter((one) => rate(one) && one.way === way).map(({ percentiles }) => percentiles?.[name]))),
            }))),
        }),
    }; // prettier-ignore
}
