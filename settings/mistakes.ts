import { configRemove, configSet, configSetSecret } from "../findings/commands";
import { UserError } from "../findings/errors";
import { copied, shown } from "../findings/quoting";

/** Thrown once, with every mistake in the settings: its key, what is wrong, and the command that fixes it. */
export class SettingsError extends UserError {}

/** Collects the mistakes in a stack's settings, and writes the commands that fix them. */
export class Mistakes {
    private readonly lines: string[] = [];

    constructor(readonly stack: string) {}

    /** `what` continues the key: `is "lots": it must be a whole number`. `fix` is a command, with its comment in brackets after three spaces. */
    add(key: string, what: string, fix: string): void {
        const name = /^[\w:-]{1,80}$/.test(key) ? key : shown(key); // a name that doesn't exist may be any text
        this.lines.push(`  - ${name} ${what}\n      Fix: ${fix}`);
    }

    /**
     * The command that sets a value; `key` may have flags before it. A list returns to its default, since it is set item by item;
     * so does a setting whose value is to be empty.
     */
    set(key: string, value: string): string {
        if (value === "") return this.remove(key);
        if (!value.startsWith("[")) return configSet(this, key, value);
        return `${this.remove(key)}   (its default: ${value !== "[]" ? value : key === "adminUsers" ? "postgresql:username" : "none"})`;
    }

    /** The command that stores a secret. Without a value, Pulumi asks for it. */
    setSecret(key: string, value?: string): string {
        return configSetSecret(this, key, value);
    }

    /** The command that removes a value. */
    remove(key: string): string {
        const name = copied(key, "");
        return name === "" ? `take it out of Pulumi.${this.stack}.yaml` : configRemove(this, name);
    }

    get any(): boolean {
        return this.lines.length > 0;
    }

    /** The error that lists all of them. */
    error(): SettingsError {
        const count = this.lines.length === 1 ? "a mistake" : `${this.lines.length} mistakes`;
        return new SettingsError(`the settings of stack ${this.stack} have ${count}; nothing was changed:\n${this.lines.join("\n")}`);
    }
}
