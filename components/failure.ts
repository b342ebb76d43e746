import * as pulumi from "@pulumi/pulumi";
import { shellWord } from "../findings/quoting";
import { ContainerFacts, inspectContainer, listContainers, nameOf, readLog } from "../host/containers";
import { dockerCommand } from "../host/engine";
import { DockerHost, Settings } from "../settings/settings";
import { owner } from "./labels";
import { fixOf } from "./pgbouncer/refusals";
import { withoutSecrets } from "./redaction";

/** Seconds between two lists of the containers. */
const pause = 2;
/** How many seconds before the provider's timeout a container is explained: enough to read a log over ssh and print it. */
const margin = 8;
/** Lines of a log that are printed. */
const logLines = 15;

/** What the provider waits for: a new container `NAME-…` that is healthy within so many seconds. */
interface Awaited {
    name: string;
    waitTimeout: number;
}

/** A container that is new in this run, and when it was first seen. */
interface Seen {
    at: number;
    explained: boolean;
}

/**
 * Makes an `up` print the last output of a new container shortly before the provider gives up on it: the provider reports only
 * that the container is not healthy. Pulumi's error hooks would run right after that, but need a language host that supports
 * them, and the lab's does not.
 */
export async function explainFailures({ docker: host, serverTlsCa }: Pick<Settings, "docker" | "serverTlsCa">): Promise<void> {
    if (pulumi.runtime.isDryRun()) return;
    const stack = owner();
    const awaited: Awaited[] = [];
    pulumi.runtime.registerStackTransformation(({ type, name, props }) => {
        const { wait, waitTimeout } = props as { wait?: unknown; waitTimeout?: unknown };
        if (type === "docker:index/container:Container" && wait === true && typeof waitTimeout === "number") {
            awaited.push({ name, waitTimeout });
        }
        return undefined;
    });
    const list = () => listContainers(host, stack);
    const before = new Set((await list()).map(({ Id }) => Id));
    const seen = new Map<string, Seen>();
    const look = async () => {
        for (const { Id, Names } of (await list()).filter((one) => !before.has(one.Id))) {
            const name = nameOf({ Names });
            const of = awaited.find((one) => name.startsWith(`${one.name}-`));
            const first = seen.get(Id) ?? { at: Date.now(), explained: false };
            seen.set(Id, first);
            if (!of || first.explained || Date.now() - first.at < (of.waitTimeout - margin) * 1000) continue;
            first.explained = true;
            const text = await explain(host, name, { waitTimeout: of.waitTimeout, hasCa: serverTlsCa !== "" });
            if (text !== undefined) await pulumi.log.warn(withoutSecrets(text));
        }
    };
    let busy = false;
    // Neither this timer nor a failure in it may keep the program from ending.
    setInterval(() => {
        if (busy) return;
        busy = true;
        void look()
            .catch(() => undefined)
            .finally(() => (busy = false));
    }, pause * 1000).unref();
}

/** The last output of a container; undefined if the container is gone or healthy. */
async function explain(
    host: DockerHost,
    name: string,
    { waitTimeout, hasCa }: { waitTimeout: number; hasCa: boolean },
): Promise<string | undefined> {
    const container = await inspectContainer(host, name);
    if (!container || container.health === "healthy") return undefined;
    const log = await readLog(host, name, logLines, { timestamps: true });
    if (!log) return undefined;
    const fix = fixOf(`${log.stdout}${log.stderr}`, owner(), hasCa);
    return renderFailure(container, { waitTimeout, log: inOrder(log), docker: dockerCommand(host), fix });
}

/** Both streams as one, in the order of the engine's timestamps, without the timestamps. */
export function inOrder({ stdout, stderr }: { stdout: string; stderr: string }): string {
    return `${stdout}${stderr}`
        .split("\n")
        .filter((line) => line !== "")
        .sort()
        .map((line) => line.replace(/^\S+ ?/, ""))
        .join("\n");
}

interface Failing {
    /** Seconds that its container gets. */
    waitTimeout: number;
    log: string;
    /** The docker command for its engine. */
    docker: string;
    fix?: string;
}

/** The text that an `up` prints. */
export function renderFailure(
    {
        name,
        status,
        exitCode,
        restarts,
        engineError,
        healthOutput,
    }: Pick<ContainerFacts, "name" | "status" | "exitCode" | "restarts" | "engineError" | "healthOutput">,
    { waitTimeout, log, docker, fix }: Failing,
): string {
    const indent = (text: string) => text.trim().replace(/^/gm, "    ");
    return [
        `${name} is not healthy yet, and this run fails if it is not within ${waitTimeout} s of its start. ` +
            `It is ${status}${status === "running" ? "" : ` (exit code ${exitCode})`}${restarts > 0 ? `, after ${restarts} restarts` : ""}.`,
        ...(engineError ? [`The engine says:\n${indent(engineError)}`] : []),
        ...(healthOutput ? [`Its health check says:\n${indent(healthOutput)}`] : []),
        log.trim() === "" ? "Its log is empty." : `Its log ends with (all of it: ${docker} logs ${shellWord(name)}):\n${indent(log)}`,
        ...(fix ? [`Fix: ${fix}; then run this up again`] : []),
    ].join("\n");
}
