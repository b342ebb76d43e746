import * as fs from "fs";
import * as path from "path";

/** What goes in place of a program's `{{placeholders}}`, already quoted as the place needs it. */
export type Values = Record<string, string | number>;

/** A shell, SQL or Python program of this folder. Throws an error for a placeholder without a value. */
export function program(file: string, values: Values = {}): string {
    const text = fs.readFileSync(path.join(__dirname, file), "utf8");
    return text.trimEnd().replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
        if (values[name] === undefined) throw new Error(`${file}: nothing is given for {{${name}}}`);
        return String(values[name]);
    });
}

/** The statements of an SQL program, without comments. Each ends with a semicolon at the end of a line. */
export function statements(file: string, values: Values = {}): string[] {
    return program(file, values)
        .replace(/^--.*\n/gm, "")
        .split(/;(?:\n|$)/)
        .map((statement) => statement.trim())
        .filter(Boolean);
}
