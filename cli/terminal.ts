import { spawn } from "child_process";
import { constants } from "os";
import * as path from "path";
import { UserError } from "../findings/errors";
import { outlivesTerminal } from "../host/nohup";

/**
 * Runs a program with this terminal and resolves with its exit code. Ctrl-C reaches the program too, which then decides
 * how it ends; a SIGTERM, or a terminal that is gone, is passed on as SIGTERM; `env` is added to this process's. Under
 * nohup, both outlive the terminal.
 */
export function runInTerminal(
    program: string,
    args: string[],
    { cwd, env }: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<number> {
    return new Promise((resolve, reject) => {
        const found = program.includes("/") ? fromCaller(program) : program;
        // Node resets an ignored signal for what it starts, too. In a session of its own, the program gets none of the terminal's.
        const detached = outlivesTerminal;
        const child = spawn(found, args, { stdio: "inherit", detached, env: { ...process.env, ...env }, ...(cwd ? { cwd } : {}) });
        const stay = () => undefined;
        const pass = () => child.kill("SIGTERM");
        const interrupt = detached ? () => child.kill("SIGINT") : stay;
        const hangUp = detached ? stay : pass;
        process.on("SIGINT", interrupt).on("SIGTERM", pass).on("SIGHUP", hangUp);
        child.on("error", (cause) => reject(new UserError(`cannot run ${program}: ${cause.message}`)));
        child.on("exit", (code, signal) => {
            process.off("SIGINT", interrupt).off("SIGTERM", pass).off("SIGHUP", hangUp);
            resolve(code ?? 128 + constants.signals[signal!]);
        });
    });
}

/** A path that a user gave, who may have called ./sidecar from another folder. */
export const fromCaller = (file: string) => path.resolve(process.env.SIDECAR_FROM ?? "", file);

/** Whether a program that a user named, perhaps by its path, is the Pulumi CLI. */
export const isPulumi = (program: string) => path.basename(program) === "pulumi";

/** Where a command that a user gave runs. Pulumi has to run in the project, any other in the folder from which ./sidecar was called. */
export const folderOf = (program: string): { cwd?: string } => (isPulumi(program) ? {} : { cwd: process.env.SIDECAR_FROM });

/** Runs the Pulumi CLI with this terminal, in the project. */
export const pulumi = (args: string[], env: NodeJS.ProcessEnv = {}) => runInTerminal("pulumi", args, { env });
