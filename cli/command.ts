import { Command as Parser, CommanderError, InvalidArgumentError, Option } from "commander";

/**
 * A command of `./sidecar`. Its file says how it is called and explained, and loads within milliseconds: what it does is
 * in modules that `run` imports.
 */
export interface Command<Options = Record<string, unknown>> {
    name: string;
    /** One line, for the list of commands. */
    summary: string;
    /** Shown by its own --help, above the options. */
    description: string;
    /** Heading in the list of commands; default: it is not listed. */
    group?: string;
    /** Positional arguments as commander writes them: `<name>`, `[name]`, `<name...>`; default: none. */
    operands?: string;
    options: Option[];
    /** Command lines, shown by --help. */
    examples: string[];
    /** Whether everything after the first operand is an operand, even if it looks like an option. */
    passThrough?: boolean;
    /** Whether the command answers --help itself, as an operand. */
    ownHelp?: boolean;
    /** Does the work, once the whole command line is understood, and resolves with the exit code. */
    run(options: Options, operands: string[]): Promise<number>;
}

/** Commands that are called by one name. */
export interface Program {
    /** As it is called: `./sidecar`. */
    name: string;
    description: string;
    commands: Command[];
}

/** A command line that is understood. */
export interface Understood {
    command: Command;
    options: Record<string, unknown>;
    operands: string[];
}

/** A command line that is not understood: shown with the usage. */
export class Misused extends Error {}

/** Reads an option's whole number, from 1 to `most`. */
export const wholeNumber =
    (most: number, what = "a whole number") =>
    (text: string): number => {
        if (!/^[1-9]\d*$/.test(text) || Number(text) > most) throw new InvalidArgumentError(`use ${what}, 1 to ${most}.`);
        return Number(text);
    };

/** The stack that a command is for; default: the one that is selected. */
export const stackOption = () => new Option("-s, --stack <name>", "the stack (default: the selected one)");

/**
 * Reads a whole command line and does nothing else, or prints help and returns undefined. Throws a Misused that includes
 * the usage.
 */
export function understand(program: Program, args: string[]): Understood | undefined {
    let understood: Understood | undefined;
    const parser = readable(new Parser(program.name), program.name)
        .description(program.description)
        .helpCommand("help [command]", "show the help of a command")
        .enablePositionalOptions();
    for (const command of program.commands) {
        const sub = parserOf(command, program.name);
        sub.action(() => {
            understood = { command, options: sub.opts(), operands: sub.args };
        });
        parser.addCommand(sub, { hidden: command.group === undefined });
    }
    try {
        parser.parse(args, { from: "user" });
    } catch (cause) {
        if (cause instanceof CommanderError && cause.exitCode === 0) return undefined;
        throw cause;
    }
    return understood;
}

function parserOf(command: Command, program: string): Parser {
    const { name, summary, description, group, operands, options, examples, passThrough, ownHelp } = command;
    const parser = readable(new Parser(name), `${program} ${name}`).summary(summary).description(description);
    if (group) parser.helpGroup(group);
    if (operands) parser.arguments(operands);
    if (passThrough) parser.passThroughOptions();
    if (ownHelp) parser.helpOption(false).allowUnknownOption();
    for (const option of options) parser.addOption(option);
    return parser.addHelpText("after", ["", "Examples:", ...examples.map((line) => `  ${line}`)].join("\n"));
}

/** Makes a parser throw its errors. By default it prints them and ends the process. */
function readable(parser: Parser, called: string): Parser {
    return parser
        .helpOption("-h, --help", "show this help")
        .configureOutput({ outputError: () => undefined }) // main.ts prints the error that it catches
        .exitOverride((cause) => {
            if (cause.exitCode === 0) throw cause;
            if (cause.code === "commander.help") throw new Misused("no command is named"); // the whole help is above
            throw new Misused(`${cause.message.replace(/^error: /, "")}\n\nUsage: ${called} ${parser.usage()}\n${seeHelp(called)}`);
        });
}

/** A Misused for a mistake that the options' patterns can't find. */
export const misused = (called: string, what: string) => new Misused(`${what}\n\n${seeHelp(called)}`);

const seeHelp = (called: string) => `See: ${called} --help`;

/** An option that lists names. */
export interface Choice<Name extends string> {
    /** The command as a user calls it. */
    called: string;
    option: string;
    given: string | undefined;
    all: readonly Name[];
}

/** The names that the option lists, in the order of all, or all of them if it isn't given. Throws a Misused for an unknown one. */
export function chosenNames<Name extends string>({ called, option, given, all }: Choice<Name>): readonly Name[] {
    if (given === undefined) return all;
    const named = given.split(",").map((name) => name.trim());
    const unknown = named.filter((name) => !(all as readonly string[]).includes(name));
    if (unknown.length > 0) throw misused(called, `${option}: unknown: ${unknown.join(", ")}. Choose from: ${all.join(", ")}`);
    return all.filter((name) => named.includes(name));
}
