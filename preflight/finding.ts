/** One thing the preflight found: `error` stops the run before anything is made, `unchecked` only where something would be made. */
export interface Finding {
    level: "error" | "warning" | "unchecked";
    text: string;
}

export const error = (text: string): Finding => ({ level: "error", text });
export const warning = (text: string): Finding => ({ level: "warning", text });
export const unchecked = (text: string): Finding => ({ level: "unchecked", text });

/** Names the stack in the commands of a remedy: the one that is selected may be another. */
export function forStack(stack: string, text: string): string {
    return text.replace(/pulumi config (set|rm) (?!--stack)/g, `pulumi config $1 --stack ${stack} `);
}
