import { exporterHostPorts } from "../../../components/metrics/ports";
import { resourceNames } from "../../../components/names";
import { Confinement, ContainerFacts, EngineLimits, engineLimits, guardsLoopback, PublishedPort } from "../../../host/containers";
import { get } from "../../../host/engine";
import { Check, failed, ok, Outcome, skipped, warning } from "../check";
import { findContainers, findExporters, runningContainer } from "../containers";
import { words } from "../sessions";
import { Target } from "../target";

/** Names of the containers, from the stack's outputs. */
interface Expected {
    pgbouncer: string;
    /** Undefined in a stack without pgAdmin. */
    pgadmin?: string;
}

/** Whether the stack's own containers are there and healthy, without a second pooler. */
export function judgeContainers(
    found: ContainerFacts[],
    expected: Expected,
    { upCommand: up, dockerCommand }: Pick<Target, "upCommand" | "dockerCommand">,
): Outcome {
    const own = [expected.pgbouncer, expected.pgadmin]
        .filter((name) => name !== undefined)
        .map((name) => ({ name, one: found.find((each) => each.name === name) }));
    for (const { name, one } of own) {
        if (!one) return failed(`container ${name} is gone`, `${up} --refresh`);
        if (!one.running) return failed(`container ${name} is not running`, `${up} --refresh`);
        if (one.health !== "healthy")
            return failed(
                `${name} is ${one.health}: ${one.healthOutput || "its health check printed nothing in time"}`,
                `${dockerCommand} restart ${words(name)}   (if that does not help, see its log: ${dockerCommand} logs --tail 20 ${words(name)})`,
            );
    }
    const second = found.filter(({ name }) => name.startsWith(`${resourceNames.pooler}-`) && name !== expected.pgbouncer);
    if (second.length > 0) return failed(`besides ${expected.pgbouncer} there is ${second.map(({ name }) => name).join(", ")}`, up);
    const saw = own.map(({ name, one }) => `${name} healthy, ${one!.restarts} restarts`).join("; ");
    return own.some(({ one }) => one!.restarts > 0) ? warning(saw) : ok(saw);
}

/** Whether the image that a container runs is the one pinned in `reference`. */
export function judgeImage(reference: string, repoDigests: string[], up: string): Outcome {
    const pinned = reference.split("@")[1];
    if (!pinned) return skipped(`${reference} has no digest`);
    if (repoDigests.some((one) => one.endsWith(`@${pinned}`))) return ok(reference);
    return failed(`runs ${repoDigests.join(", ") || "an image without a digest"}, not ${reference}`, `${up} --refresh`);
}

/** What publishes ports on the host, and the ports that it should have there. */
export interface Publisher {
    who: string;
    published: PublishedPort[];
    expected: number[];
}

/** Whether each publishes exactly its ports, on loopback, and whether the engine keeps the host's neighbours from those (`guarded`). */
export function judgePorts(publishers: Publisher[], { up, guarded }: { up: string; guarded: boolean }): Outcome {
    const list = (ports: string[]) => ports.sort().join(", ") || "nothing";
    const shown = ({ published }: Publisher) => list(published.map(({ address, port }) => `${address}:${port}`));
    const wanted = ({ expected }: Publisher) => list(expected.map((port) => `127.0.0.1:${port}`));
    const saw = `published: ${publishers.map((one) => `${one.who} ${shown(one)}`).join(", ")}`;
    const wrong = publishers.filter((one) => shown(one) !== wanted(one));
    if (wrong.length === 0) {
        return guarded || publishers.every(({ published }) => published.length === 0)
            ? ok(saw)
            : warning(
                  `${saw}; before Docker 28, a machine on the host's own network segment reaches loopback, too`,
                  "upgrade the engine to 28 or newer, or drop what comes from there (docs/SECURITY.md#neighbours-of-the-host)",
              );
    }
    return failed(`${saw}; ${wrong.map((one) => `${one.who} should publish ${wanted(one)}`).join("; ")}`, `${up} --refresh`);
}

type Known = Pick<EngineLimits, "memory" | "processes">;

/** What a container lacks of the confinement that this program gives it. */
function lacks({ readOnly, capabilities, newPrivileges, privileged, memory, pids }: Confinement, limits: Known): string[] {
    return [
        ...(readOnly ? [] : ["its root can be written"]),
        ...(capabilities ? ["it has capabilities"] : []),
        ...(newPrivileges ? ["it can gain privileges"] : []),
        ...(privileged ? ["it is privileged"] : []),
        ...(memory > 0 || !limits.memory ? [] : ["its memory has no limit"]),
        ...(pids > 0 || !limits.processes ? [] : ["its processes have no limit"]),
    ];
}

/** Whether nothing of the containers' confinement is missing; not whether a limit is the one that was set. */
export function judgeConfinement(containers: Pick<ContainerFacts, "name" | "confinement">[], limits: Known, up: string): Outcome {
    const wrong = containers.flatMap(({ name, confinement }) => lacks(confinement, limits).map((what) => `${name}: ${what}`));
    if (wrong.length > 0) return failed(wrong.join("; "), `${up} --refresh`);
    if (!limits.memory || !limits.processes)
        return warning("this engine can't limit memory or processes: it is rootless, and its host has no cgroups of version 2 for it");
    return ok(
        containers.map(({ name, confinement: { memory, pids } }) => `${name} has ${memory / 2 ** 20} MiB, ${pids} processes`).join("; "),
    );
}

/** The stack's two containers, or the pooler's alone. */
export async function both(target: Target): Promise<{ pgbouncer: ContainerFacts; pgadmin?: ContainerFacts }> {
    const { pgbouncerContainer, pgadminContainer } = target.outputs;
    const pgbouncer = await runningContainer(target, pgbouncerContainer);
    return pgadminContainer === undefined ? { pgbouncer } : { pgbouncer, pgadmin: await runningContainer(target, pgadminContainer) };
}

async function imageOf(target: Target, { image }: ContainerFacts, reference: string): Promise<Outcome> {
    const found = await get<{ RepoDigests: string[] | null }>(target.docker, `/images/${image}/json`);
    return judgeImage(reference, found?.RepoDigests ?? [], target.upCommand);
}

export const containerChecks: Check[] = [
    {
        id: "containers",
        proves: "pgbouncer and pgAdmin run and are healthy, and there is no second pooler",
        run: async (target) => {
            const { pgbouncerContainer: pgbouncer, pgadminContainer: pgadmin } = target.outputs;
            return judgeContainers(await findContainers(target), { pgbouncer, pgadmin }, target);
        },
    },
    {
        id: "images",
        proves: "both run exactly the images that are pinned",
        run: async (target) => {
            const { pgbouncer, pgadmin } = await both(target);
            const found = [
                await imageOf(target, pgbouncer, target.deployed.pgbouncerImage),
                ...(pgadmin ? [await imageOf(target, pgadmin, target.deployed.pgadminImage)] : []),
            ];
            const worst = found.find(({ result }) => result === "failed") ?? found.find(({ result }) => result === "skipped");
            return worst ?? ok(found.map(({ saw }) => saw.replace(/@sha256:(.{12}).*/, " sha256:$1…")).join("; "));
        },
    },
    {
        id: "confined",
        proves: "nobody writes their roots, they have no capabilities, and their memory and processes are limited",
        run: async (target) => judgeConfinement(Object.values(await both(target)), await engineLimits(target.docker), target.upCommand),
    },
    {
        id: "ports",
        proves: "nothing is published on the host but the loopback ports of pgadminPort and metricsPort, if they are set",
        run: async (target) => {
            const { deployed, upCommand } = target;
            const { pgbouncer, pgadmin } = await both(target);
            const exporters = (await findExporters(target)).flatMap((one) => one.published);
            const publishers = [
                { who: "pgbouncer", published: pgbouncer.published, expected: [] },
                ...(pgadmin ? [{ who: "pgAdmin", published: pgadmin.published, expected: [deployed.pgadminPort].filter(Boolean) }] : []),
                ...(deployed.metrics ? [{ who: "the exporters", published: exporters, expected: exporterHostPorts(deployed) }] : []),
            ];
            return judgePorts(publishers, { up: upCommand, guarded: await guardsLoopback(target.docker) });
        },
    },
];
