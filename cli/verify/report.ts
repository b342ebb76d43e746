import { Report, Result } from "./check";

const symbols: Record<Result, string> = { ok: "✓", failed: "✗", warning: "!", skipped: "–" };

/** The line to print when a check has ended. */
export function progress({ id, result, seconds }: Report): string {
    return `${symbols[result]} ${id.padEnd(16)} ${seconds.toFixed(1)} s`;
}

/** The table: what each check proves, what it saw and what fixes it. The last line counts the results. */
export function table(reports: Report[], width = 120): string {
    const indent = " ".repeat(19);
    const lines = reports.flatMap(({ id, proves, result, saw, remedy, chart = [] }) => [
        `${symbols[result]} ${id.padEnd(16)} ${proves}`,
        ...wrap(saw, width - indent.length).map((line) => `${indent}${line}`),
        ...(remedy ? [`${indent}Fix: ${remedy}`] : []),
        ...chart.map((line) => `${indent}${line}`),
    ]);
    return [...lines, "", summary(reports)].join("\n");
}

export function summary(reports: Report[]): string {
    const count = (result: Result) => reports.filter((one) => one.result === result).length;
    const warnings = count("warning") === 1 ? "1 warning" : `${count("warning")} warnings`;
    return `${count("ok")} passed, ${count("failed")} failed, ${warnings}, ${count("skipped")} skipped`;
}

/** Breaks a text at its spaces into lines of at most `width`; a longer word stays whole. */
export function wrap(text: string, width: number): string[] {
    const lines: string[] = [];
    for (const word of text.split(/\s+/).filter(Boolean)) {
        const last = lines.at(-1);
        if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
        else lines.push(word);
    }
    return lines;
}
