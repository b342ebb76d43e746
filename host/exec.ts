import { setTimeout } from "timers/promises";
import { DockerHost } from "../settings/settings";
import { get, post } from "./engine";

/** How a program ended, and what it printed. */
export interface ExecResult {
    code: number;
    stdout: string;
    stderr: string;
}

export interface ExecOptions {
    /** Environment variables, secrets among them. */
    env?: Record<string, string>;
    /** Milliseconds to wait for its end; default 30,000. */
    timeout?: number;
    /** Whom it runs as; default: the container's user. */
    user?: string;
}

/**
 * Runs a program in a container through the engine's API. Secrets go into `env`, since arguments show in process lists.
 * A program keeps running when the connection is lost, so each has to limit itself; `timeout` (milliseconds) only limits
 * the wait for it.
 */
export async function exec(
    docker: DockerHost,
    container: string,
    command: string[],
    { env = {}, timeout = 30_000, user }: ExecOptions = {},
): Promise<ExecResult> {
    const created = await post(docker, `/containers/${container}/exec`, {
        json: {
            Cmd: command,
            Env: Object.entries(env).map(([key, value]) => `${key}=${value}`),
            ...(user && { User: user }),
            AttachStdout: true,
            AttachStderr: true,
        },
    });
    const { Id } = JSON.parse(created.toString()) as { Id: string };
    const output = demultiplex(await post(docker, `/exec/${Id}/start`, { json: { Detach: false, Tty: false }, timeout }));
    return { code: await exitCode(docker, Id), ...output };
}

/** Asks for up to 2 s: the engine closes the stream a moment before it records the exit code. */
async function exitCode(docker: DockerHost, id: string): Promise<number> {
    for (let attempt = 0; attempt < 20; attempt++) {
        const state = await get<{ Running: boolean; ExitCode: number | null }>(docker, `/exec/${id}/json`);
        if (state && !state.Running && state.ExitCode !== null) return state.ExitCode;
        await setTimeout(100);
    }
    throw new Error(`the Docker engine at ${docker.host} reports no exit code of a program that has ended`);
}

const headerLength = 8;

/**
 * Splits the engine's one stream into two. Each piece has a header of 8 bytes: the first is its stream (2 is stderr), the
 * last four are its length.
 */
export function demultiplex(stream: Buffer): { stdout: string; stderr: string } {
    const pieces: Record<"stdout" | "stderr", Buffer[]> = { stdout: [], stderr: [] };
    for (let at = 0; at < stream.length;) {
        if (stream.length - at < headerLength) throw new Error("the Docker engine's answer ends within a header");
        const from = at + headerLength;
        at = from + stream.readUInt32BE(at + 4);
        if (at > stream.length) throw new Error("the Docker engine's answer was cut short");
        pieces[stream[from - headerLength] === 2 ? "stderr" : "stdout"].push(stream.subarray(from, at));
    }
    return { stdout: Buffer.concat(pieces.stdout).toString(), stderr: Buffer.concat(pieces.stderr).toString() };
}
