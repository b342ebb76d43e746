import { resourceNames } from "../../../components/names";
import { ContainerFacts, inspectHost, PublishedPort } from "../../../host/containers";
import { get } from "../../../host/engine";
import { exec } from "../../../host/exec";
import { bypasses, Whereabouts, whereabouts } from "../../../preflight/isolation";
import { isContainerName } from "../../../preflight/names";
import { databasesOn } from "../../../preflight/network";
import { Check, failed, ok, Outcome, skipped, Unmet, warning } from "../check";
import { findContainer, findContainers } from "../containers";
import { program } from "../programs";
import { Target } from "../target";

/** Names of the containers, from the stack's outputs. */
interface Expected {
    pgbouncer: string;
    pgadmin: string;
}

/** Whether the stack's own containers are there and healthy, without a second pooler. */
export function judgeContainers(
    found: ContainerFacts[],
    expected: Expected,
    { upCommand: up, dockerCommand }: Pick<Target, "upCommand" | "dockerCommand">,
): Outcome {
    const own = [expected.pgbouncer, expected.pgadmin].map((name) => ({ name, one: found.find((each) => each.name === name) }));
    for (const { name, one } of own) {
        if (!one) return failed(`container ${name} is gone`, `${up} --refresh`);
        if (!one.running) return failed(`container ${name} is not running`, `${up} --refresh`);
        if (one.health !== "healthy")
            return failed(
                `${name} is ${one.health}: ${one.healthOutput || "its health check printed nothing in time"}`,
                `${dockerCommand} restart ${name}   (if that does not help, see its log: ${dockerCommand} logs --tail 20 ${name})`,
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

/** Whether the containers publish nothing but pgAdmin's port on loopback. */
export function judgePorts(pgbouncer: PublishedPort[], pgadmin: PublishedPort[], pgadminPort: number, up: string): Outcome {
    const expected = pgadminPort > 0 ? [`127.0.0.1:${pgadminPort}`] : [];
    const list = (ports: string[]) => ports.join(", ") || "nothing";
    const shown = (published: PublishedPort[]) => list(published.map(({ address, port }) => `${address}:${port}`));
    const saw = `pgbouncer publishes ${shown(pgbouncer)}, pgAdmin ${shown(pgadmin)}`;
    return pgbouncer.length === 0 && shown(pgadmin) === list(expected)
        ? ok(saw)
        : failed(`${saw}; pgAdmin should publish ${list(expected)}`, `${up} --refresh`);
}

async function running(target: Target, name: string): Promise<ContainerFacts> {
    const one = await findContainer(target, name);
    if (!one?.running) throw new Unmet(`container ${name} is not running (see containers)`);
    return one;
}

const both = async (target: Target) => ({
    pgbouncer: await running(target, target.outputs.pgbouncerContainer),
    pgadmin: await running(target, target.outputs.pgadminContainer),
});

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
                await imageOf(target, pgadmin, target.deployed.pgadminImage),
            ];
            const worst = found.find(({ result }) => result === "failed") ?? found.find(({ result }) => result === "skipped");
            return worst ?? ok(found.map(({ saw }) => saw.replace(/@sha256:(.{12}).*/, " sha256:$1…")).join("; "));
        },
    },
    {
        id: "ports",
        proves: "nothing is published on the host except pgAdmin's loopback port, if pgadminPort is set",
        run: async (target) => {
            const { pgbouncer, pgadmin } = await both(target);
            return judgePorts(pgbouncer.published, pgadmin.published, target.deployed.pgadminPort, target.upCommand);
        },
    },
    {
        id: "isolation",
        proves: "pgAdmin reaches the database only through the pooler, not by a network or a port of the host",
        run: async (target) => {
            const { pgadmin } = await both(target);
            const databases = await findDatabases(target);
            return judgeIsolation(pgadmin, databases, await reached(target, pgadmin, databases), target);
        },
    },
];

/** The database's containers: those that answer to its name on its network. */
async function findDatabases(target: Target): Promise<Found[]> {
    const host = await inspectHost(target.docker);
    const { databaseHost } = target.deployed;
    return databasesOn(target.outputs.networks.database, host, { databaseHost }).map((one) => ({
        ...whereabouts(one),
        addresses: Object.values(one.networks).flatMap(({ addresses }) => addresses),
    }));
}

/** A container of the database: where it is, and its addresses there. */
interface Found extends Whereabouts {
    addresses: string[];
}

/** The addresses, as `host:port`, at which the database answers pgAdmin directly. Each is tried from inside pgAdmin's container. */
async function reached(target: Target, pgadmin: ContainerFacts, databases: Found[]): Promise<string[]> {
    const { databaseHost, databasePort } = target.deployed;
    const outside = databases.length === 0 && !isContainerName(databaseHost) ? [[databaseHost, databasePort]] : [];
    const within = databases.flatMap(({ addresses, published, onHost }) => [
        ...addresses.map((address) => [address, databasePort]),
        ...[
            ...published.filter(({ inside }) => inside === databasePort).map(({ port }) => port),
            ...(onHost ? [databasePort] : []),
        ].flatMap((port) => pgadmin.gateways.map((gateway) => [gateway, port])),
    ]);
    const tried = [...outside, ...within];
    if (tried.length === 0) return [];
    const { code, stdout, stderr } = await exec(target.docker, pgadmin.name, [
        "/venv/bin/python3",
        "-c",
        program("reach.py"),
        JSON.stringify(tried),
    ]);
    if (code !== 0) throw new Error(`can't try what pgAdmin reaches: ${stderr.trim()}`);
    return stdout.trim().split("\n").filter(Boolean);
}

/** Whether pgAdmin has a way past the pooler: a network that it shares with the database, or an address that answered. */
export function judgeIsolation(
    pgadmin: ContainerFacts,
    databases: Whereabouts[],
    reached: string[],
    target: Pick<Target, "deployed" | "dockerCommand"> & { outputs: Pick<Target["outputs"], "networks"> },
): Outcome {
    const networks = Object.keys(pgadmin.networks);
    const saw = `pgAdmin is on ${networks.join(", ")}`;
    const { databaseHost, databasePort, pgadminDirect, pgadminDomain } = target.deployed;
    const { database: network } = target.outputs.networks;
    if (pgadminDirect)
        return warning(`${saw}, because pgadminDirect is set: each tab on the direct entry holds a backend that no budget counts`);
    // Somebody connected it by hand. With a domain, the database's network may also be the proxy's.
    if (networks.includes(network) && networks.length > (pgadminDomain === "" ? 1 : 2))
        return failed(saw, `${target.dockerCommand} network disconnect ${network} ${pgadmin.name}`);
    const ways = databases.flatMap((database) => bypasses(networks, database, databasePort, target.dockerCommand));
    const open = reached.length > 0 ? `; it reaches the database past the pooler at ${reached.join(", ")}` : "";
    // What counts is what answered: a firewall may close a known way, and an unknown way may be open.
    if (ways.length > 0 && open !== "") return warning(`${saw}${open}: by ${ways.map(({ by }) => by).join("; by ")}`, ways[0]!.fix);
    if (open !== "") return warning(saw + open);
    if (databases.length === 0 && isContainerName(databaseHost))
        return skipped(`${saw}; no container answers to ${databaseHost}, so it is unknown what pgAdmin reaches`);
    return ok(`${saw}, and no way past the pooler is open`);
}
