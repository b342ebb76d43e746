/** A name as SQL takes it, whatever is in it. */
export function sqlName(name: string): string {
    return `"${name.replace(/"/g, '""')}"`;
}

/** A schema-qualified name as SQL takes it. */
export function sqlQualified(name: string): string {
    return name.split(".").map(sqlName).join(".");
}

/** One word of a POSIX shell's command line. */
export function shellWord(text: string): string {
    return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`;
}
