import { ContainerFacts, inspectHost, PublishedPort } from "../../../host/containers";
import { get } from "../../../host/engine";
import { exec } from "../../../host/exec";
import { bypasses, Whereabouts, whereabouts } from "../../../preflight/isolation";
import { isContainerName } from "../../../preflight/names";
import { databasesOn } from "../../../preflight/network";
import { Check, failed, ok, Outcome, skipped, Unmet, warning } from "../check";
import { findContainer, findContainers } from "../containers";
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
            return failed(
                `${name} is ${one.health}: ${one.healthOutput || "its health check says nothing within its time"}`,
                `${dockerCommand} restart ${name}   (if that does not help, its log says why: ${dockerCommand} logs --tail 20 ${name})`,
            );
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
export function judgePorts(pgbouncer: PublishedPort[], pgadmin: PublishedPort[], pgadminPort: number, up: string): Outcome {
    const expected = pgadminPort > 0 ? [`127.0.0.1:${pgadminPort}`] : [];
    const list = (ports: string[]) => ports.join(", ") || "nothing";
    const shown = (published: PublishedPort[]) => list(published.map(({ address, port }) => `${address}:${port}`));
    const saw = `pgbouncer publishes ${shown(pgbouncer)}, pgAdmin ${shown(pgadmin)}`;
    return pgbouncer.length === 0 && shown(pgadmin) === list(expected)
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
    const found = await get<{ RepoDigests: string[] | null }>(on.docker, `/images/${image}/json`);
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
        proves: "pgAdmin reaches the database through the pooler only: by no network, and by no port of the host",
        run: async (on) => {
            const { pgadmin } = await both(on);
            const databases = await findDatabases(on);
            return judgeIsolation(pgadmin, databases, await reached(on, pgadmin, databases), on);
        },
    },
];

/** The database's containers, as its network and its name there say. */
async function findDatabases(on: Target): Promise<Found[]> {
    const host = await inspectHost(on.docker);
    const { databaseHost } = on.deployed;
    return databasesOn(on.outputs.networks.database, host, { databaseHost }).map((one) => ({
        ...whereabouts(one),
        addresses: Object.values(one.networks).flatMap(({ addresses }) => addresses),
    }));
}

/** Where the database is, and its addresses there. */
interface Found extends Whereabouts {
    addresses: string[];
}

/** The addresses, as `host:port`, on which the database's ports answer pgAdmin past the pooler: each is tried from inside it. */
async function reached(on: Target, pgadmin: ContainerFacts, databases: Found[]): Promise<string[]> {
    const { databaseHost, databasePort } = on.deployed;
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
    const script = [
        "import json, socket, sys",
        "for host, port in json.loads(sys.argv[1]):",
        "    try: socket.create_connection((host, port), 2).close(); print(f'{host}:{port}')",
        "    except OSError: pass",
    ].join("\n");
    const { code, stdout, stderr } = await exec(on.docker, pgadmin.name, ["/venv/bin/python3", "-c", script, JSON.stringify(tried)]);
    if (code !== 0) throw new Error(`what pgAdmin reaches can't be tried: ${stderr.trim()}`);
    return stdout.trim().split("\n").filter(Boolean);
}

/** Whether pgAdmin has a way past the pooler, by the networks that it shares with the database and by what it reached. */
export function judgeIsolation(
    pgadmin: ContainerFacts,
    databases: Whereabouts[],
    reached: string[],
    on: Pick<Target, "deployed" | "dockerCommand"> & { outputs: Pick<Target["outputs"], "networks"> },
): Outcome {
    const networks = Object.keys(pgadmin.networks);
    const saw = `pgAdmin is on ${networks.join(", ")}`;
    const { databaseHost, databasePort, pgadminDirect, pgadminDomain } = on.deployed;
    const { database: network } = on.outputs.networks;
    if (pgadminDirect) return warning(`${saw}, as pgadminDirect says: a tab of its direct entry holds a backend that no budget counts`);
    // Put there by hand; with a domain it may be the proxy's network.
    if (networks.includes(network) && networks.length > (pgadminDomain === "" ? 1 : 2))
        return failed(saw, `${on.dockerCommand} network disconnect ${network} ${pgadmin.name}`);
    const ways = databases.flatMap((database) => bypasses(networks, database, databasePort, on.dockerCommand));
    const open = reached.length > 0 ? `; it reaches the database past the pooler at ${reached.join(", ")}` : "";
    // A way that a firewall closes is none, and one that none is known for is one.
    if (ways.length > 0 && open !== "") return warning(`${saw}${open}: by ${ways.map(({ by }) => by).join("; by ")}`, ways[0]!.fix);
    if (open !== "") return warning(saw + open);
    if (databases.length === 0 && isContainerName(databaseHost))
        return skipped(`${saw}; no container answers to ${databaseHost}, so what pgAdmin reaches is unknown`);
    return ok(`${saw}, and no way past the pooler is open`);
}
