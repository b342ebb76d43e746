import { spawn } from "child_process";
import * as fs from "fs";
import * as path from "path";
import { setTimeout } from "timers/promises";
import { inLab, project } from "./paths";
import { latest } from "./step";

export interface RunOptions {
    cwd?: string;
    env?: NodeJS.ProcessEnv;
    input?: string;
    /** Where the output goes as well, by a name in `.lab/log`. */
    log?: string;
    /** Milliseconds after which the program is stopped and counts as failed. */
    timeout?: number;
    /** Shows the output as it comes. */
    show?: boolean;
    /** Lines that only say how far the program is: they are left out of an error. */
    chatter?: RegExp;
}

export interface Ran {
    code: number;
    stdout: string;
    stderr: string;
}

/** Runs a program to its end and returns its output; `attempt` leaves the judgement of its exit code to the caller. */
export function attempt(program: string, args: string[], options: RunOptions = {}): Promise<Ran> {
    const log = options.log ? openLog(options.log) : undefined;
    return new Promise((resolve, reject) => {
        const child = spawn(program, args, {
            cwd: options.cwd ?? project,
            env: { ...process.env, ...options.env },
            stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
            timeout: options.timeout,
        });
        const said = { stdout: "", stderr: "" };
        for (const stream of ["stdout", "stderr"] as const) {
            child[stream]!.on("data", (chunk: Buffer) => {
                said[stream] += chunk.toString();
                if (log !== undefined) fs.writeSync(log, chunk);
                if (log !== undefined || options.show) latest(chunk.toString());
                if (options.show) process[stream].write(chunk);
            });
        }
        child.stdin?.on("error", () => undefined); // a program that has ended early says why by its exit code
        if (options.input !== undefined) child.stdin!.end(options.input);
        child.on("error", reject);
        child.on("close", (code) => {
            if (log !== undefined) fs.closeSync(log);
            resolve({ code: code ?? 1, ...said });
        });
    });
}

/** Runs a program and returns its standard output; if it fails, throws an error with the end of its output. */
export async function run(program: string, args: string[], options: RunOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await attempt(program, args, options);
    if (code !== 0) {
        const lines = (stderr || stdout)
            .trim()
            .split("\n")
            .filter((line) => !options.chatter?.test(line));
        const said = lines.slice(-15).join("\n");
        const where = options.log ? `\n(all of it: ${path.relative(process.cwd(), logFile(options.log))})` : "";
        throw new Error(`${program} ${args.slice(0, 3).join(" ")} failed with ${code}:\n${said}${where}`);
    }
    return stdout;
}

/** The path of a program on PATH, if it is there. */
export function which(program: string): string | undefined {
    const dirs = (process.env.PATH ?? "").split(path.delimiter);
    return dirs.map((dir) => path.join(dir, program)).find((file) => fs.existsSync(file));
}

/** Whether a program is on PATH. */
export const has = (program: string): boolean => which(program) !== undefined;

export const logFile = (name: string): string => inLab("log", `${name}.log`);

function openLog(name: string): number {
    fs.mkdirSync(inLab("log"), { recursive: true });
    return fs.openSync(logFile(name), "w");
}

/** Polls until `ready` returns something, else throws an error that names what was awaited and the last failure. */
export async function until<T>(what: string, seconds: number, ready: () => Promise<T | undefined | false>): Promise<T> {
    const deadline = Date.now() + seconds * 1000;
    let last = "";
    for (;;) {
        try {
            const got = await ready();
            if (got !== undefined && got !== false) return got;
        } catch (cause) {
            last = ` (last: ${(cause as Error).message})`;
        }
        if (Date.now() > deadline) throw new Error(`${what}: not within ${seconds} s${last}`);
        await setTimeout(200);
    }
}
