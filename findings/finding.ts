/**
 * One thing that the preflight found. An `error` stops the run before anything is created. `unchecked` is something that
 * could not be looked at: it stops an `up`, and a preview only reports it.
 */
export interface Finding {
    level: "error" | "warning" | "unchecked";
    /** What was found: sentences without a final full stop, after the setting's name if one is to blame. */
    what: string;
    /** The commands that fix it; they name the stack (see commands.ts). */
    fix?: string;
}

const finding = (level: Finding["level"], what: string, fix?: string): Finding => ({ level, what, ...(fix === undefined ? {} : { fix }) });

export const error = (what: string, fix?: string): Finding => finding("error", what, fix);
export const warning = (what: string, fix?: string): Finding => finding("warning", what, fix);
export const unchecked = (what: string, fix?: string): Finding => finding("unchecked", what, fix);

/** The layout of everything that has a fix: what, then the fix on a line of its own, which `indent` moves to the right. */
export function render({ what, fix }: Pick<Finding, "what" | "fix">, indent = ""): string {
    return fix === undefined ? what : `${what}\n${indent}Fix: ${fix}`;
}
