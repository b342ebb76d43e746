/** What a proof came to: a sentence, and a table for the docs. */
export interface Result {
    passed: boolean;
    /** Only a part was asked for: printed, but not kept in the docs. */
    partial: boolean;
    summary: string;
    /** Version of the Docker engine that it ran on, if not the one at hand. */
    engine?: string;
    head: string[];
    rows: string[][];
}

export interface Proof {
    name: string;
    /** One sentence: what holds if it passes. */
    proves: string;
    /** Names of its options, each with a value: `--NAME VALUE`. */
    options: string[];
    run: (args: Arguments) => Promise<Result>;
}

/** A proof's options, as they were given. */
export class Arguments {
    private constructor(private readonly values: Map<string, string>) {}

    /** Throws an error that names the first argument that isn't one of `options`. */
    static parse(args: string[], options: string[]): Arguments {
        const values = new Map<string, string>();
        for (let at = 0; at < args.length; at += 2) {
            const name = args[at]!.replace(/^--/, "");
            const value = args[at + 1];
            if (!args[at]!.startsWith("--") || !options.includes(name) || value === undefined) {
                throw new Error(`${args[at]} is no option with a value. Fix: ${options.map((one) => `--${one} VALUE`).join(", ") || "leave it out"}`); // prettier-ignore
            }
            values.set(name, value);
        }
        return new Arguments(values);
    }

    text(name: string): string | undefined {
        return this.values.get(name);
    }

    /** A positive number, or `otherwise` if it wasn't given. */
    number(name: string, otherwise: number): number {
        const value = this.values.get(name);
        if (value === undefined) return otherwise;
        if (!(Number(value) > 0)) throw new Error(`--${name} ${value} is no number above 0`);
        return Number(value);
    }
}
