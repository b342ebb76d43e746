import { setTimeout } from "timers/promises";
import { UserError } from "../../findings/errors";
import { Answer, codes, Poolers } from "./poolers";

export interface HoldArgs {
    /** Seconds that open transactions get to end, if clients can wait for longer. */
    transactions: number;
    /** Seconds after which clients continue in any case; default: as long as none of them has waited too long. */
    atMost?: number | undefined;
    /** The command that brings the stack up, for remedies. */
    up: string;
    /** Shows a line to the user. */
    say: (line: string) => void;
    /** Milliseconds between two attempts; default 200. */
    every?: number;
}

const words = ({ stdout, stderr, code }: Answer) => `${stdout}${stderr}`.trim().replace(/\s+/g, " ") || `nothing (exit code ${code})`;

/** A pause in force. */
export class Hold {
    private readonly began = Date.now();

    private constructor(
        private readonly poolers: Poolers,
        private readonly args: HoldArgs,
        /** Seconds from now on after which the poolers end it by themselves. */
        readonly left: number,
    ) {}

    /** Pauses all poolers. Throws a UserError if one of them can't be paused; then none stays paused. */
    static async begin(poolers: Poolers, args: HoldArgs): Promise<Hold> {
        const { transactions, atMost = 0 } = args;
        let answers: Answer[];
        try {
            answers = await poolers.begin({ transactions, atMost });
        } catch (cause) {
            const ended = await poolers.end().then(
                () => "",
                () => `. It may have begun on the host: then clients wait until the poolers end it by themselves`,
            );
            throw new UserError(`the pause can't begin, and COMMAND was not run: ${(cause as Error).message}${ended}`);
        }
        const serving = answers.filter(({ code }) => code !== codes.servesNobody);
        const failed = serving.filter(({ code }) => code !== 0);
        if (serving.length > 0 && failed.length === 0) {
            return new Hold(poolers, args, Math.min(...serving.map(({ stdout }) => Number(stdout))));
        }
        if (serving.some(({ code }) => code !== codes.anotherPause)) await poolers.end().catch(() => undefined);
        throw refusal(failed, args);
    }

    /** Seconds since it began. */
    get seconds(): number {
        return (Date.now() - this.began) / 1000;
    }

    /** Resolves once the database answers every pooler, with undefined; or with its last words once the pause is over or `interrupted` says so. */
    async databaseAnswers(interrupted: () => boolean): Promise<string | undefined> {
        let said = "";
        for (;;) {
            const why = await this.whyNot();
            if (why === undefined || interrupted() || this.seconds > this.left) return why;
            if (why !== said) this.args.say(`the database does not answer yet: ${(said = why)}`);
            await setTimeout(this.args.every ?? 200);
        }
    }

    private async whyNot(): Promise<string | undefined> {
        try {
            const serving = (await this.poolers.answers()).filter(({ code }) => code !== codes.servesNobody);
            if (serving.length === 0) return "no pooler serves";
            const failed = serving.find(({ code }) => code !== 0);
            return failed && words(failed);
        } catch (cause) {
            return (cause as Error).message;
        }
    }

    /** Ends it. If the host can't be reached, tries again until the poolers have ended it by themselves. */
    async end(): Promise<void> {
        for (;;) {
            const why = await this.whyNotEnded();
            if (why === undefined) return;
            this.args.say(`the pause can't be ended from here: ${why}`);
            if (this.seconds > this.left) return this.args.say("the poolers have ended it by themselves by now");
            await setTimeout((this.args.every ?? 200) * 5);
        }
    }

    private async whyNotEnded(): Promise<string | undefined> {
        try {
            const answers = await this.poolers.end();
            // Before that, it was ended from here, and only the answer did not arrive.
            if (answers.some(({ code }) => code === codes.endedBefore) && this.seconds >= this.left) {
                this.args.say(
                    `clients continued by themselves after ${this.left} s; what they sent while the database was away has failed`,
                );
            }
            const failed = answers.find(({ code }) => ![0, codes.servesNobody, codes.endedBefore].includes(code));
            return failed && words(failed);
        } catch (cause) {
            return (cause as Error).message;
        }
    }
}

function refusal(failed: Answer[], { transactions, up }: HoldArgs): UserError {
    const first = failed.find(({ code }) => code !== codes.endedBefore) ?? failed[0];
    if (!first) return new UserError("no pooler of this stack serves, so COMMAND was not run", up);
    if (first.code === codes.anotherPause) {
        return new UserError(
            "another pause is in force, so COMMAND was not run",
            `wait until it ends, in ${first.stdout.trim()} s at most`,
        );
    }
    const open = failed.filter(({ code }) => code === codes.transactionsOpen);
    if (open.length > 0) {
        // A pooler of an older version prints the clients without the seconds before them.
        const isSeconds = (line: string) => /^\d+$/.test(line);
        const said = open.map(({ stdout }) => stdout.trimEnd().split("\n"));
        const waited = Number(said.map(([first = ""]) => first).find(isSeconds) ?? transactions);
        const clients = said.flatMap(([first = "", ...others]) => (isSeconds(first) ? others : [first, ...others]));
        return new UserError(
            `these clients have transactions that did not end within ${waited} s. All clients continue, and COMMAND was not run.\n` +
                clients.map((client) => `    ${client}`).join("\n"),
            waited < transactions
                ? "end their transactions, or let clients wait longer: --at-most, queryWaitTimeout or queryTimeout"
                : "end their transactions, or give them longer: --transactions SECONDS",
        );
    }
    if (first.code === codes.endedBefore)
        return new UserError("the pause was over before all clients waited, so COMMAND was not run", "pause again");
    if (first.code === 126 || first.code === 127) {
        return new UserError(`${first.pooler} is of a version that has no pause, so COMMAND was not run`, up);
    }
    return new UserError(`${first.pooler} can't be paused, so COMMAND was not run. It says: ${words(first)}`);
}
