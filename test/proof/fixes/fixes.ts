import * as fs from "fs";
import * as path from "path";
import { dump, load } from "js-yaml";
import { inLab } from "../../../lab/paths";
import { attempt, Ran } from "../../../lab/run";
import { Sidecar } from "../../e2e/support/stack";

type Config = Record<string, unknown>;

/** Settings of the lab's stack with some changed, in a file of their own, on which what is printed as a fix is done. */
export class Trial {
    readonly file: string;
    readonly env: Record<string, string>;

    constructor(
        private readonly on: Sidecar,
        name: string,
        values: Config,
    ) {
        this.file = inLab(`trial-${name}.yaml`);
        this.env = { ...on.env, PULUMI_OPTION_CONFIG_FILE: this.file };
        const stack = load(fs.readFileSync(on.env.PULUMI_OPTION_CONFIG_FILE!, "utf8")) as { config: Config };
        for (const [key, value] of Object.entries(values)) {
            if (value === undefined) delete stack.config[key];
            else stack.config[key] = value;
        }
        fs.writeFileSync(this.file, dump(stack));
    }

    config(): Config {
        return (load(fs.readFileSync(this.file, "utf8")) as { config: Config }).config;
    }

    /** Runs the CLI under these settings; `said` is all that it printed. */
    async pulumi(...args: string[]): Promise<Ran & { said: string }> {
        const ran = await attempt("pulumi", [...args, "--color", "never", "--non-interactive"], { env: this.env });
        return { ...ran, said: ran.stdout + ran.stderr };
    }

    preview = () => this.pulumi("preview");

    /** Previews, which has to say `what`, and returns the fix that is printed below it. */
    async fixOf(what: string): Promise<string> {
        const { said } = await this.preview();
        const fix = fixBelow(said, (line) => line.includes(what));
        if (fix === undefined) throw new Error(`the preview does not say ${JSON.stringify(what)} with a fix, but:\n${said}`);
        return fix;
    }

    /** Does a printed fix as a person would: the first way that it names, with `words` in the place of what it leaves open. */
    async apply(fix: string, words: Record<string, string> = {}, input = ""): Promise<Ran> {
        const command = Object.entries(words).reduce((text, [word, value]) => text.replaceAll(word, value), firstWay(fix));
        // Without a terminal, so that psql asks for passwords on its standard input.
        return attempt("setsid", ["-w", "bash", "-c", `set -e; ${command}`], {
            env: { ...this.env, PGPASSWORD: this.on.lab.databasePassword },
            cwd: path.dirname(this.file),
            input,
        });
    }

    /** The same, which has to succeed and to lead past `what`. */
    async fixed(what: string, words?: Record<string, string>, input?: string): Promise<string> {
        const fix = await this.fixOf(what);
        const ran = await this.apply(fix, words, input);
        if (ran.code !== 0) throw new Error(`${fix}\nfailed with ${ran.code}:\n${ran.stdout}${ran.stderr}`);
        const { said } = await this.preview();
        if (said.includes(what)) throw new Error(`${fix}\nfixed nothing:\n${said}`);
        return said;
    }
}

/** The fix on the line below the first one that `is` what is asked about and has one; Pulumi may also print that line alone. */
export function fixBelow(said: string, is: (line: string) => boolean): string | undefined {
    const lines = said.split("\n");
    for (const [at, line] of lines.entries()) {
        const fix = /^\s*Fix: (.*)$/.exec(lines[at + 1] ?? "")?.[1];
        if (fix !== undefined && is(line)) return fix;
    }
    return undefined;
}

/** The commands of a printed fix's first way, without what explains them. */
export function firstWay(fix: string): string {
    return fix
        .split(/,? or,? |, or: /)[0]!
        .replace(/ {3}\((?:[^()]|\([^()]*\))*\)/g, "")
        .replace(/^[a-z][a-z, ]*: /, "");
}
