import * as path from "path";
import { hashTree } from "../../lab/files";
import { project } from "../../lab/paths";
import { attempt, run, until } from "../../lab/run";
import { Clients } from "../e2e/support/clients";
import { containers, removeConfig, replacing, setConfig, Sidecar, sidecar, up } from "../e2e/support/stack";
import { Arguments, numberOption, Proof, Result } from "./proof";

/** Connections for each roll at least, all clients together: 100,000 over 50 rolls. */
const connectionsPerRoll = 2000;
/** Sessions that are held through the reloads. */
const heldSessions = 30;

const folder = path.join(project, "test/proof/rolls");
const inContainer = "/repo/test/proof/rolls/clients";

/** What a client reports: of connections, or of queries in held sessions. */
export interface Seen {
    ok: number;
    failed: number;
    /** Milliseconds of the longest connection. */
    longest?: number;
    /** The first errors. */
    said: string[];
}

/** One way to connect: how it reconnects, and how it holds sessions. */
interface Kind {
    name: string;
    image: (images: Images) => string;
    reconnect: string[];
    hold?: string[];
    env?: Record<string, string>;
    /** Measured, but not judged: it can't do better. */
    unjudged?: true;
}

interface Images {
    psql: string;
    node: string;
    /** With psycopg and JDBC. */
    clients: string;
}

const node = (file: string) => ["node", "-r", "/repo/node_modules/ts-node/register/transpile-only", `${inContainer}/${file}`];
const java = (file: string, ...flags: string[]) => ["java", "-XX:TieredStopAtLevel=1", ...flags, "-cp", "/usr/share/java/*:/opt/clients", `${inContainer}/${file}`]; // prettier-ignore
const url = "jdbc:postgresql://pgbouncer:6432/tracksolid_db?connectTimeout=5";

const kinds: Kind[] = [
    { name: "psql (libpq)", image: ({ psql }) => psql, reconnect: ["/bin/sh", `${inContainer}/reconnect.sh`], hold: ["/bin/sh", `${inContainer}/hold.sh`] },
    { name: "node's pg", image: (images) => images.node, reconnect: node("reconnect.ts"), hold: node("hold.ts") },
    { name: "psycopg 3", image: ({ clients }) => clients, reconnect: ["python3", `${inContainer}/reconnect.py`], hold: ["python3", `${inContainer}/hold.py`] },
    {
        name: "JDBC, all addresses, names cached for 0 s",
        image: ({ clients }) => clients,
        reconnect: java("Reconnect.java", "-Dsun.net.inetaddr.ttl=0"),
        hold: java("Hold.java"),
        env: { JDBC_URL: `${url}&socketFactory=AllAddresses&socketFactoryArg=pgbouncer:6432` },
    },
    { name: "JDBC, names cached for 0 s", image: ({ clients }) => clients, reconnect: java("Reconnect.java", "-Dsun.net.inetaddr.ttl=0"), env: { JDBC_URL: url }, unjudged: true },
    { name: "JDBC as it comes", image: ({ clients }) => clients, reconnect: java("Reconnect.java"), env: { JDBC_URL: url }, unjudged: true },
]; // prettier-ignore

/** The image with psycopg and JDBC: this engine's, else the registry's, else built from Debian. */
async function clientsImage({ lab }: Sidecar): Promise<string> {
    const registry = `127.0.0.1:${lab.registryPort}`;
    const image = `${registry}/lab/clients:${hashTree(path.join(folder, "image")).slice(0, 16)}`;
    if ((await attempt("docker", ["image", "inspect", image])).code === 0) return image;
    if ((await attempt("docker", ["pull", image])).code === 0) return image;
    console.log("building the image of the clients");
    const bases = await run("docker", ["image", "ls", "--filter", `reference=${registry}/lab/base`, "--format", "{{.Repository}}:{{.Tag}}"]); // prettier-ignore
    const base = bases.trim().split("\n")[0] || "debian:trixie-slim";
    const proxies = ["http_proxy", "https_proxy", "no_proxy"].flatMap((name) => ["--build-arg", name]);
    const args = ["--force-rm", "--network", "host", "--build-arg", `BASE=${base}`, ...proxies, "-t", image];
    await run("docker", ["build", ...args, path.join(folder, "image")], { env: { DOCKER_BUILDKIT: "0" }, log: "clients-image" });
    await attempt("docker", ["push", image]); // there is no registry if the lab's images are the official ones
    return image;
}

const sum = (numbers: number[]) => numbers.reduce((all, one) => all + one, 0);

/** Clients that reconnect without a pause, while something is done. */
class Reconnecting {
    private readonly names: string[] = [];

    private constructor(private readonly clients: Clients) {}

    static async start(clients: Clients, images: Images, wanted: Kind[]): Promise<Reconnecting> {
        const started = new Reconnecting(clients);
        for (const kind of wanted) started.names.push(await clients.start(kind.image(images), kind.reconnect, kind.env ?? {}));
        return started;
    }

    /** Connections until now of the first `number` clients, in hundreds. */
    async connections(number: number): Promise<number> {
        const said = await Promise.all(this.names.slice(0, number).map((name) => this.clients.said(name)));
        return sum(said.map((text) => Number(text.trim().split("\n").at(-1)) || 0));
    }

    /** Ends them; returns what each saw. */
    async finish(): Promise<Seen[]> {
        await pause(3);
        const seen: Seen[] = [];
        for (const name of this.names) seen.push(await this.clients.finish<Seen>(name));
        return seen;
    }
}

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** Rolls, each once there were enough connections since the one before. */
async function rolls(on: Sidecar, count: number, connections: () => Promise<number>): Promise<void> {
    let [before] = await containers("pgbouncer");
    for (let done = 1; done <= count; done++) {
        const { pgbouncerContainer } = await up(on, ...replacing);
        if (pgbouncerContainer === before) throw new Error(`roll ${done} replaced no pooler`);
        before = pgbouncerContainer;
        await until(`${connectionsPerRoll * done} connections`, 300, async () => (await connections()) >= connectionsPerRoll * done);
        if (done % 5 === 0) console.log(`${done} rolls`);
    }
}

async function reloads(on: Sidecar, count: number): Promise<void> {
    const before = await containers("pgbouncer");
    try {
        for (let done = 1; done <= count; done++) {
            await setConfig(on, "reservePoolTimeout", String(6 + (done % 5)));
            await up(on);
            const after = await containers("pgbouncer");
            if (after.join() !== before.join()) throw new Error(`reload ${done} replaced the pooler`);
            if (done % 5 === 0) console.log(`${done} reloads`);
        }
    } finally {
        await removeConfig(on, "reservePoolTimeout");
        await up(on);
    }
}

/** Rolls and reloads under clients that reconnect without a pause, and sessions held through the reloads. */
async function all(args: Arguments): Promise<Result> {
    const count = { rolls: args.number("rolls", 50), reloads: args.number("reloads", 50) };
    const on = await sidecar();
    Object.assign(process.env, on.env);
    const images = { psql: on.images.pgbouncer, node: on.images.timescaledb, clients: await clientsImage(on) };
    const clients = new Clients(on);
    const holding = kinds.filter(({ hold }) => hold);
    const judged = kinds.filter(({ unjudged }) => !unjudged);
    try {
        await up(on);
        const rolling = await Reconnecting.start(clients, images, kinds);
        await rolls(on, count.rolls, () => rolling.connections(judged.length));
        const rolled = await rolling.finish();
        report("rolls", kinds, rolled);
        const holders: string[] = [];
        for (const [at, kind] of holding.entries()) {
            const sessions = Math.floor(heldSessions / holding.length) + (at < heldSessions % holding.length ? 1 : 0);
            holders.push(await clients.start(kind.image(images), kind.hold!, { ...kind.env, SESSIONS: String(sessions) }));
        }
        const reloading = await Reconnecting.start(clients, images, judged);
        await pause(3);
        await reloads(on, count.reloads);
        const reloaded = await reloading.finish();
        report("reloads", judged, reloaded);
        const held: Seen[] = [];
        for (const name of holders) held.push(await clients.finish<Seen>(name));
        report("held", holding, held);
        const judgement = result(count, rolled, reloaded, held);
        console.log(judgement.summary);
        return judgement;
    } finally {
        await clients.removeAll();
    }
}

function report(what: string, wanted: Kind[], seen: Seen[]): void {
    for (const [at, { ok, failed, longest, said }] of seen.entries()) {
        console.log(`${failed === 0 ? "ok    " : "FAILED"} ${what}, ${wanted[at]!.name}: ${ok} well, ${failed} failed${longest === undefined ? "" : `, the longest ${longest} ms`}`); // prettier-ignore
        for (const words of said.filter(Boolean)) console.log(`       ${words}`);
    }
}

/** What the figures come to: nobody failed, and there were enough of them to say so. */
export function result(count: { rolls: number; reloads: number }, rolled: Seen[], reloaded: Seen[], held: Seen[]): Result {
    const judged = rolled.filter((_, at) => !kinds[at]!.unjudged);
    const connections = sum(judged.map(({ ok, failed }) => ok + failed));
    const failed = sum(judged.map((one) => one.failed));
    const wanted = connectionsPerRoll * count.rolls;
    const cell = (seen?: Seen) =>
        seen
            ? [
                  String(seen.ok + seen.failed),
                  String(seen.failed),
                  seen.longest === undefined ? "" : `${(seen.longest / 1000).toFixed(1)} s`,
              ]
            : ["–", "–", "–"];
    return {
        passed: failed === 0 && connections >= wanted && [...reloaded, ...held].every((one) => one.failed === 0 && one.ok > 0),
        partial: count.rolls < 50 || count.reloads < 50,
        summary:
            `${count.rolls} rolls: ${failed} of ${connections} connections failed (at least ${wanted} make a proof; the two plain JDBC are not counted). ` +
            `${count.reloads} reloads: ${sum(reloaded.map((one) => one.failed))} of ${sum(reloaded.map((one) => one.ok + one.failed))} connections failed, ` +
            `and ${sum(held.map((one) => one.failed))} of ${heldSessions} held sessions were cut, in ${sum(held.map(({ ok }) => ok))} queries.`,
        head: ["client, without a pause", "connections in rolls", "failed", "longest", "connections in reloads", "failed", "longest", "queries in held sessions", "sessions cut"],
        rows: kinds.map(({ name }, at) => [name, ...cell(rolled[at]), ...cell(reloaded[at]), ...(held[at] ? [String(held[at].ok), String(held[at].failed)] : ["–", "–"])]),
    }; // prettier-ignore
}

export const rollsProof: Proof = {
    name: "rolls",
    proves: "a roll fails no client's connection, and a reload neither a connection nor a held session",
    options: [numberOption("rolls", "how often to roll (default: 50)"), numberOption("reloads", "how often to reload (default: 50)")],
    run: all,
};
