import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { get, dockerCommand, request } from "../host/engine";
import { demultiplex } from "../host/exec";
import { DockerHost } from "../settings/settings";
import { owner, stackLabel } from "./labels";

/** Seconds between two looks at the engine. */
const pause = 2;
/** Seconds before the provider gives up: enough to read a log over ssh and to print it. */
const margin = 8;
/** Lines of a log that are shown. */
const shown = 15;

/** What the provider waits for: a new container `NAME-…` that is healthy within so many seconds. */
interface Awaited {
    name: string;
    waitTimeout: number;
    /** What its files hold. */
    contents: pulumi.Output<string>[];
}

interface Listed {
    Id: string;
    Names: string[];
}

/** A container that is new in this run, and when it was first seen. */
interface Seen {
    at: number;
    explained: boolean;
}

interface Inspected {
    State: {
        Status: string;
        ExitCode: number;
        Error: string;
        Health?: { Status: string; Log: { Output: string }[] | null };
    };
    RestartCount: number;
}

/**
 * Has an `up` print what a new container said last, shortly before the provider gives up on it: the provider says only that
 * the container is not healthy. Pulumi's error hooks would come right after that, but need a language host that passes them
 * on, and the lab's does not.
 */
export async function explainFailures(host: DockerHost): Promise<void> {
    if (pulumi.runtime.isDryRun()) return;
    const awaited: Awaited[] = [];
    pulumi.runtime.registerStackTransformation(({ type, name, props }) => {
        const { wait, waitTimeout, uploads } = props as { wait?: unknown; waitTimeout?: unknown; uploads?: unknown };
        if (type === "docker:index/container:Container" && wait === true && typeof waitTimeout === "number") {
            const files = Array.isArray(uploads) ? (uploads as docker.types.input.ContainerUpload[]) : [];
            awaited.push({ name, waitTimeout, contents: files.map(({ content }) => pulumi.output(content).apply((text) => text ?? "")) });
        }
        return undefined;
    });
    const filters = encodeURIComponent(JSON.stringify({ label: [`${stackLabel}=${owner()}`] }));
    const list = async () => (await get<Listed[]>(host, `/containers/json?all=true&filters=${filters}`)) ?? [];
    const before = new Set((await list()).map(({ Id }) => Id));
    const seen = new Map<string, Seen>();
    const look = async () => {
        for (const { Id, Names } of (await list()).filter(({ Id: id }) => !before.has(id))) {
            const name = Names[0]!.replace(/^\//, "");
            const of = awaited.find((one) => name.startsWith(`${one.name}-`));
            const first = seen.get(Id) ?? { at: Date.now(), explained: false };
            seen.set(Id, first);
            if (!of || first.explained || Date.now() - first.at < (of.waitTimeout - margin) * 1000) continue;
            first.explained = true;
            const said = await lastWords(host, name, of.waitTimeout);
            if (said !== undefined) await pulumi.log.warn(withoutSecrets(said, await secretsOf(of.contents)));
        }
    };
    let busy = false;
    // Neither this clock nor what fails in it may keep the program from its end.
    setInterval(() => {
        if (busy) return;
        busy = true;
        void look()
            .catch(() => undefined)
            .finally(() => (busy = false));
    }, pause * 1000).unref();
}

/** What a container said last; undefined if it is gone or healthy. */
async function lastWords(host: DockerHost, name: string, waitTimeout: number): Promise<string | undefined> {
    const found = await get<Inspected>(host, `/containers/${name}/json`);
    if (!found || found.State.Health?.Status === "healthy") return undefined;
    const { status, body } = await request(host, "GET", `/containers/${name}/logs?stdout=true&stderr=true&timestamps=true&tail=${shown}`);
    if (status !== 200) return undefined;
    return renderLastWords(name, waitTimeout, found, inOrder(demultiplex(body)), dockerCommand(host));
}

/** Both streams as one, in the order of the engine's timestamps, which are then taken away. */
export function inOrder({ stdout, stderr }: { stdout: string; stderr: string }): string {
    return `${stdout}${stderr}`
        .split("\n")
        .filter((line) => line !== "")
        .sort()
        .map((line) => line.replace(/^\S+ ?/, ""))
        .join("\n");
}

/** The text that an `up` shows. */
export function renderLastWords(
    name: string,
    waitTimeout: number,
    { State, RestartCount }: Pick<Inspected, "State" | "RestartCount">,
    log: string,
    docker: string,
): string {
    const { Status, ExitCode, Error: said, Health } = State;
    const health = Health?.Log?.at(-1)?.Output.trim() ?? "";
    const indent = (text: string) => text.trim().replace(/^/gm, "    ");
    return [
        `${name} is not healthy yet, and this run fails if it is not within ${waitTimeout} s of its start. ` +
            `It is ${Status}${Status === "running" ? "" : ` (exit code ${ExitCode})`}${RestartCount > 0 ? `, after ${RestartCount} restarts` : ""}.`,
        ...(said ? [`The engine says:\n${indent(said)}`] : []),
        ...(health ? [`Its health check says:\n${indent(health)}`] : []),
        log.trim() === "" ? "Its log is empty." : `Its log ends with (all of it: ${docker} logs ${name}):\n${indent(log)}`,
    ].join("\n");
}

/** The secrets in files: the whole of each that is secret, and the last word of each of its lines, as of `"role" "password"`. */
async function secretsOf(contents: pulumi.Output<string>[]): Promise<string[]> {
    const found: string[] = [];
    for (const content of contents) {
        if (!(await pulumi.isSecret(content))) continue;
        const text = await new Promise<string>((resolve) => content.apply(resolve));
        found.push(text, ...text.split("\n").map((line) => line.trim().split(/\s+/).at(-1)!.replace(/^"|"$/g, "")));
    }
    return found;
}

/** The text without these secrets; one of less than six characters could be part of any word. */
export function withoutSecrets(text: string, secrets: string[]): string {
    return secrets
        .map((secret) => secret.trim())
        .filter((secret) => secret.length >= 6)
        .reduce((rest, secret) => rest.replaceAll(secret, "[secret]"), text);
}
