import * as path from "path";
import { filled, Values } from "../../findings/template";

/** A shell, SQL or Python program of this folder, with these values in it. Throws an error for a placeholder without a value. */
export const program = (file: string, values: Values = {}): string => filled(path.join(__dirname, file), values);

/** The statements of an SQL program, without comments. Each ends with a semicolon at the end of a line. */
export function statements(file: string, values: Values = {}): string[] {
    return program(file, values)
        .replace(/^--.*\n/gm, "")
        .split(/;(?:\n|$)/)
        .map((statement) => statement.trim())
        .filter(Boolean);
}
