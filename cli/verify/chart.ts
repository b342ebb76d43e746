export interface Point {
    /** Seconds. */
    at: number;
    value: number;
}

export interface ChartOptions {
    title: string;
    /** A dotted line is drawn at this value. */
    limit: number;
    limitName: string;
    /** A period, drawn below the axis; in seconds. */
    span: { name: string; from: number; to: number };
    /** Columns. Default 60. */
    width?: number;
    /** Rows. Default 8. */
    height?: number;
}

const eighths = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/** Draws the highest value of each moment as a column, with figures on both axes. */
export function chart(points: Point[], { title, limit, limitName, span, width = 60, height = 8 }: ChartOptions): string[] {
    const last = Math.max(...points.map(({ at }) => at), span.to, 1);
    const top = Math.max(...points.map(({ value }) => value), limit);
    const columnOf = (at: number) => Math.min(width - 1, Math.floor((at / last) * width));
    const columns = new Array<number>(width).fill(0);
    for (const { at, value } of points) columns[columnOf(at)] = Math.max(columns[columnOf(at)]!, value);
    const limitRow = Math.ceil((limit / top) * height);

    const rows = [];
    for (let row = height; row >= 1; row--) {
        const cells = columns.map((value) => {
            const filled = Math.round((value / top) * height * 8) - (row - 1) * 8;
            return filled <= 0 && row === limitRow ? "·" : eighths[Math.max(0, Math.min(8, filled))]!;
        });
        const figure = row === height || row === Math.ceil(height / 2) ? String(Math.round((row / height) * top)) : "";
        rows.push(`${figure.padStart(4)} │${cells.join("")}${row === limitRow ? `  ${limit} ${limitName}` : ""}`);
    }
    const [from, to] = [columnOf(span.from), columnOf(span.to)];
    const ends = [`${last.toFixed(0)} s`, `${(last / 2).toFixed(0)} s`];
    const half = "0 s".padEnd(Math.floor(width / 2)) + ends[1]!;
    return [
        title,
        ...rows,
        `   0 └${"─".repeat(width)}`,
        `      ${half.padEnd(width - ends[0]!.length)}${ends[0]}`,
        `      ${" ".repeat(from)}${"━".repeat(Math.max(1, to - from + 1))}  ${span.name}`,
    ];
}
