import * as path from "path";
import { packagedImage } from "../../lab/packagedimage";
import { project } from "../../lab/paths";
import { until } from "../../lab/run";
import { Clients } from "../e2e/support/clients";
import { containers, removeConfig, replacing, setConfig, Sidecar, sidecar, up } from "../e2e/support/stack";
import { Arguments, numberOption, Proof, Result } from "./proof";
import { inContainer, Kind, nodeKind, pause, psqlKind, Reconnecting, Seen, sum } from "./reconnecting";

/** Connections for each roll at least, all clients together: 100,000 over 50 rolls. */
const connectionsPerRoll = 2000;
/** Sessions that are held through the reloads. */
const heldSessions = 30;

const folder = path.join(project, "test/proof/rolls");

const java = (file: string, ...flags: string[]) => ["java", "-XX:TieredStopAtLevel=1", ...flags, "-cp", "/usr/share/java/*:/opt/clients", `${inContainer}/${file}`]; // prettier-ignore
const url = "jdbc:postgresql://pgbouncer:6432/tracksolid_db?connectTimeout=5";

const kinds: Kind[] = [
    psqlKind,
    nodeKind,
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

/** The image with psycopg and JDBC. */
const clientsImage = ({ lab: { registryPort } }: Sidecar) =>
    packagedImage({ name: "clients", folder: path.join(folder, "image"), registryPort });

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
