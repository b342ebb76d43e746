import { EChartsCoreOption, init } from "echarts";

/** Draws a picture of this size without a browser, and returns its SVG. */
export function drawSvg(size: { width: number; height: number }, option: EChartsCoreOption): string {
    const drawing = init(null, null, { renderer: "svg", ssr: true, ...size });
    drawing.setOption({ animation: false, ...option });
    const svg = drawing.renderToSVGString();
    drawing.dispose(); // its clock would keep the process from ending
    return svg;
}
