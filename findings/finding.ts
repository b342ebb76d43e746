/** One thing the preflight found: `error` stops the run before anything is made, `unchecked` only where something would be made. */
export interface Finding {
    level: "error" | "warning" | "unchecked";
    /** What it is and what fixes it, as it is printed. */
    text: string;
    /** What fixes it, alone. */
    fix?: string;
}

const finding = (level: Finding["level"], what: string, fix?: string): Finding =>
    fix === undefined ? { level, text: what } : { level, text: `${what}. Fix: ${fix}`, fix };

export const error = (what: string, fix?: string): Finding => finding("error", what, fix);
export const warning = (what: string, fix?: string): Finding => finding("warning", what, fix);
export const unchecked = (what: string, fix?: string): Finding => finding("unchecked", what, fix);

/** Names the stack in the commands of a remedy: the one that is selected may be another. */
export function forStack(stack: string, text: string): string {
    return text.replace(/pulumi config (set|rm) (?!--stack)/g, `pulumi config $1 --stack ${stack} `);
}
