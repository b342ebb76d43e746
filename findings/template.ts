import * as fs from "fs";
import * as path from "path";

/** What goes in place of a text's `{{placeholders}}`, already quoted as the place needs it. */
export type Values = Record<string, string | number>;

/** The text of a file with these values in it. Throws an error for a placeholder without a value. */
export function filled(file: string, values: Values = {}): string {
    const text = fs.readFileSync(file, "utf8");
    return text.trimEnd().replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
        if (values[name] === undefined) throw new Error(`${path.basename(file)}: nothing is given for {{${name}}}`);
        return String(values[name]);
    });
}
