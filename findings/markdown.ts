/** A table in Markdown. */
export function markdownTable(head: string[], rows: string[][]): string {
    const line = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
    return [head, head.map(() => "---"), ...rows].map(line).join("\n");
}

/** A page in which a program writes what is between two marks. */
export interface GeneratedPart {
    /** The page's name, for the error. */
    page: string;
    begin: string;
    end: string;
}

/** The page with new content between its marks. Throws an error if a mark is missing. */
export function withGenerated(text: string, { page, begin, end }: GeneratedPart, content: string): string {
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`${page} has lost a mark. Fix: put back ${begin} and ${end}`);
    return `${text.slice(0, from)}${begin}\n\n${content}\n\n${text.slice(to)}`;
}
