import { InvalidArgumentError, Option } from "commander";

export interface Table {
    head: string[];
    rows: string[][];
}

/** What a proof came to: a sentence, and a table for the docs. */
export interface Result extends Table {
    passed: boolean;
    /** Only a part was asked for: printed, but not kept in the docs. */
    partial: boolean;
    summary: string;
    /** Version of the Docker engine that it ran on, if not the one at hand. */
    engine?: string;
    /** Further tables, below the first. */
    more?: Table[];
}

export interface Proof {
    name: string;
    /** One sentence: what holds if it passes. */
    proves: string;
    options: Option[];
    run: (args: Arguments) => Promise<Result>;
}

/** An option whose value is any text. */
export const textOption = (name: string, description: string) => new Option(`--${name} <${name}>`, description);

/** An option whose value is a number above 0. */
export const numberOption = (name: string, description: string) => textOption(name, description).argParser(positive);

function positive(value: string): number {
    if (!(Number(value) > 0)) throw new InvalidArgumentError("It is not a number above 0.");
    return Number(value);
}

/** A proof's options, as they were given. */
export class Arguments {
    constructor(private readonly values: Record<string, unknown>) {}

    text(name: string): string | undefined {
        return this.values[name] as string | undefined;
    }

    /** The number, or `otherwise` if it was not given. */
    number(name: string, otherwise: number): number {
        return (this.values[name] as number | undefined) ?? otherwise;
    }
}
