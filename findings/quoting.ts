/** A name as SQL takes it, whatever is in it. */
export function sqlName(name: string): string {
    return `"${name.replace(/"/g, '""')}"`;
}

/** A schema-qualified name as SQL takes it. */
export function sqlQualified(name: string): string {
    return name.split(".").map(sqlName).join(".");
}

/** A value as a literal of SQL. */
export function sqlLiteral(value: string): string {
    return `'${value.replaceAll("'", "''")}'`;
}

/** One word of a POSIX shell's command line. */
export function shellWord(text: string): string {
    return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`;
}

/** Characters of a value that a message shows. */
const most = 80;

// What a terminal does not show as it is, or obeys: control characters, and those that change a line's direction.
const unprintable = /[^\x20-\x7e\p{L}\p{M}\p{N}\p{P}\p{S}]/gu;

/** A value as a message shows it: in quotes and on one line, long ones cut. */
export function shown(value: string): string {
    const text = value.length > most ? `${value.slice(0, most)}…` : value;
    const escaped = (one: string) => [...one].map((unit) => `\\u${unit.codePointAt(0)!.toString(16).padStart(4, "0")}`).join("");
    const quoted = JSON.stringify(text).replace(unprintable, escaped);
    return value.length > most ? `${quoted} (${value.length} characters)` : quoted;
}

/** A value as a word of a command that a message shows, or `otherwise` if a reader could not copy it. */
export function copied(value: string, otherwise: string): string {
    return value.length > most || value.search(unprintable) >= 0 ? otherwise : shellWord(value);
}
