import { DockerHost } from "../settings/settings";
import { ask, exchange } from "./engine";

export interface Ran {
    code: number;
    stdout: string;
    stderr: string;
}

/**
 * Runs a program in a container through the engine's API. What it needs to know of secrets goes into `env`: arguments
 * show in process lists. A program goes on when the connection is lost, so each has to bound itself; `within`
 * (milliseconds) only bounds the wait for it.
 */
export async function exec(
    docker: DockerHost,
    container: string,
    command: string[],
    env: Record<string, string> = {},
    within = 30_000,
): Promise<Ran> {
    const created = await post(docker, `/containers/${container}/exec`, {
        Cmd: command,
        Env: Object.entries(env).map(([key, value]) => `${key}=${value}`),
        AttachStdout: true,
        AttachStderr: true,
    });
    const { Id } = JSON.parse(created.toString()) as { Id: string };
    const said = demultiplex(await post(docker, `/exec/${Id}/start`, { Detach: false, Tty: false }, within));
    return { code: await exitCode(docker, Id), ...said };
}

async function post(docker: DockerHost, path: string, send: object, within?: number): Promise<Buffer> {
    const { status, body } = await exchange(docker, "POST", path, within ? { send, within } : { send });
    if (status >= 300) throw new Error(`the Docker engine at ${docker.host} answers ${status} to POST ${path}: ${body.toString().trim()}`);
    return body;
}

/** The engine closes the stream a moment before it writes the exit code down. */
async function exitCode(docker: DockerHost, id: string): Promise<number> {
    for (let tries = 0; tries < 20; tries++) {
        const state = await ask<{ Running: boolean; ExitCode: number | null }>(docker, `/exec/${id}/json`);
        if (state && !state.Running && state.ExitCode !== null) return state.ExitCode;
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`the Docker engine at ${docker.host} does not tell the exit code of a program that has ended`);
}

const headerLength = 8;

/** Takes the engine's one stream apart: before each piece, a byte tells its stream (2 is stderr) and bytes 4 to 7 its length. */
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
