import { spawn } from "child_process";
import { constants } from "os";
import { StackUnread } from "./stack";

/** Runs a program with this terminal, to its end, and returns its exit code: Ctrl-C reaches it as well, and how it ends then is its own. */
export function runInTerminal(program: string, args: string[]): Promise<number> {
    return new Promise((resolve, reject) => {
        const child = spawn(program, args, { stdio: "inherit" });
        const stay = () => undefined;
        const pass = () => child.kill("SIGTERM");
        process.on("SIGINT", stay).on("SIGTERM", pass);
        child.on("error", (cause) => reject(new StackUnread(`${program} can't be run: ${cause.message}`)));
        child.on("exit", (code, signal) => {
            process.off("SIGINT", stay).off("SIGTERM", pass);
            resolve(code ?? 128 + constants.signals[signal!]);
        });
    });
}
