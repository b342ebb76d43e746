import { UserError } from "../../findings/errors";
import { get } from "../../host/engine";
import { upCommand } from "../../host/remedies";
import { configuredSettings, project, rejectUnreachable, selectedStack } from "../stack";
import { folderOf, runInTerminal } from "../terminal";
import { PauseOptions } from "./command";
import { Hold } from "./hold";
import { runningPoolers } from "./poolers";
import { Signals } from "./signals";

const say = (line: string) => console.error(`pause: ${line}`);

/** Runs a command while the clients of the stack's pool wait. */
export async function pause({ stack: named, transactions, atMost }: PauseOptions, [program = "", ...args]: string[]): Promise<number> {
    const stack = await selectedStack(named);
    const settings = await configuredSettings(stack);
    await get(settings.docker, "/version").catch(rejectUnreachable(settings.docker, stack));
    const poolers = runningPoolers(settings.docker, `${project}/${settings.stack}`);
    const signals = new Signals();
    try {
        const hold = await Hold.begin(poolers, { transactions, atMost, up: upCommand(settings, stack), say });
        let code: number;
        let why: string | undefined;
        try {
            if (signals.exitCode !== undefined) return signals.exitCode;
            say(`clients wait, for ${hold.left} s at most`);
            code = await runInTerminal(program, args, { ...folderOf(program), env: { PULUMI_STACK: stack } });
            signals.forget(); // it was the command's; another one ends the wait for the database
            why = await hold.databaseAnswers(() => signals.exitCode !== undefined);
        } finally {
            await hold.end();
        }
        say(`clients continue, after ${hold.seconds.toFixed(1)} s`);
        if (why === undefined) return code;
        if (code === 0) throw new UserError(`the database does not answer: ${why}`);
        say(`the database does not answer: ${why}`);
        return code;
    } finally {
        signals.stop();
    }
}
