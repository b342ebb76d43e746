import { ask } from "../../preflight/engine";
import { Check, failed, ok, Outcome, skipped, Unmet, warning } from "../check";
import { ContainerFacts, findContainer, findContainers } from "../containers";
import { Target } from "../target";

/** Names of the containers that the stack's outputs tell. */
interface Expected {
    pgbouncer: string;
    pgadmin: string;
}

/** Whether the stack's own containers are there, healthy and alone. */
export function judgeContainers(
    found: ContainerFacts[],
    expected: Expected,
    { upCommand: up, dockerCommand }: Pick<Target, "upCommand" | "dockerCommand">,
): Outcome {
    const own = [expected.pgbouncer, expected.pgadmin].map((name) => ({ name, one: found.find((each) => each.name === name) }));
    for (const { name, one } of own) {
        if (!one) return failed(`container ${name} is gone`, `${up} --refresh`);
        if (!one.running) return failed(`container ${name} does not run`, `${up} --refresh`);
        if (one.health !== "healthy")
            return failed(`${name} is ${one.health}: ${one.healthSaid}`, `${dockerCommand} logs --tail 20 ${name}`);
    }
    const second = found.filter(({ name }) => name.startsWith("pgbouncer-") && name !== expected.pgbouncer);
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

/** Whether nothing is reachable from outside the Docker networks but pgAdmin's port on loopback. */
export function judgePorts(pgbouncer: string[], pgadmin: string[], pgadminPort: number, up: string): Outcome {
    const expected = pgadminPort > 0 ? [`127.0.0.1:${pgadminPort}`] : [];
    const list = (published: string[]) => published.join(", ") || "nothing";
    const saw = `pgbouncer publishes ${list(pgbouncer)}, pgAdmin ${list(pgadmin)}`;
    return pgbouncer.length === 0 && list(pgadmin) === list(expected)
        ? ok(saw)
        : failed(`${saw}; expected of pgAdmin ${list(expected)}`, `${up} --refresh`);
}

async function running(on: Target, name: string): Promise<ContainerFacts> {
    const one = await findContainer(on, name);
    if (!one?.running) throw new Unmet(`container ${name} does not run (see containers)`);
    return one;
}

const both = async (on: Target) => ({
    pgbouncer: await running(on, on.outputs.pgbouncerContainer),
    pgadmin: await running(on, on.outputs.pgadminContainer),
});

async function imageOf(on: Target, { image }: ContainerFacts, reference: string): Promise<Outcome> {
    const found = await ask<{ RepoDigests: string[] | null }>(on.docker, `/images/${image}/json`);
    return judgeImage(reference, found?.RepoDigests ?? [], on.upCommand);
}

export const containerChecks: Check[] = [
    {
        id: "containers",
        proves: "pgbouncer and pgAdmin run and are healthy, and there is no second pooler",
        run: async (on) => {
            const { pgbouncerContainer: pgbouncer, pgadminContainer: pgadmin } = on.outputs;
            return judgeContainers(await findContainers(on), { pgbouncer, pgadmin }, on);
        },
    },
    {
        id: "images",
        proves: "both run the very images that are pinned",
        run: async (on) => {
            const { pgbouncer, pgadmin } = await both(on);
            const found = [await imageOf(on, pgbouncer, on.deployed.pgbouncerImage), await imageOf(on, pgadmin, on.deployed.pgadminImage)];
            const worst = found.find(({ result }) => result === "failed") ?? found.find(({ result }) => result === "skipped");
            return worst ?? ok(found.map(({ saw }) => saw.replace(/@sha256:(.{12}).*/, " sha256:$1…")).join("; "));
        },
    },
    {
        id: "ports",
        proves: "nothing is published on the host but pgAdmin's loopback port, where it is set",
        run: async (on) => {
            const { pgbouncer, pgadmin } = await both(on);
            return judgePorts(pgbouncer.published, pgadmin.published, on.deployed.pgadminPort, on.upCommand);
        },
    },
    {
        id: "isolation",
        proves: "pgAdmin is not on the database's network, so it reaches the database through the pooler only",
        run: async (on) => {
            const { pgadmin } = await both(on);
            const network = on.outputs.networks.database;
            const saw = `pgAdmin is on ${Object.keys(pgadmin.networks).join(", ")}`;
            if (on.deployed.pgadminDirect)
                return warning(`${saw}, as pgadminDirect says: a tab of its direct entry holds a backend that no budget counts`);
            if (network in pgadmin.networks && on.deployed.pgadminDomain !== "" && Object.keys(pgadmin.networks).length === 2)
                return warning(`${saw}: the proxy and the database share ${network}, so it reaches the database past the pooler, too`);
            return network in pgadmin.networks ? failed(saw, `${on.dockerCommand} network disconnect ${network} ${pgadmin.name}`) : ok(saw);
        },
    },
];
