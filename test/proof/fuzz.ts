import * as fs from "fs";
import * as net from "net";
import { Client } from "pg";
import { inLab } from "../../lab/paths";
import { run } from "../../lab/run";
import { containers, outputs, Sidecar, sidecar } from "../e2e/support/stack";
import { Conversation, Kind, kinds } from "./kinds";
import { Arguments, numberOption, Proof, Result, textOption } from "./proof";
import { Random } from "./random";
import { Sampler } from "./sampler";

/** Seconds within which a login has to work after whatever was sent: the watchdog's time. */
const limit = 30;
/** Seconds after which it is given up: then the pooler does not come back by itself. */
const giveUp = 90;
/** Milliseconds that a socket waits for an answer to what it sent. */
const patience = 250;
/** Sockets at a time, in kinds whose sockets aren't held. */
const atOnce = 25;
/** Packets of one kind at most. */
const most = 100_000;

interface Pooler {
    name: string;
    /** The container's own address: nothing else is ever sent to. */
    host: string;
    port: number;
    maxClientConn: number;
}

/** The one pooler of the lab's stack. */
async function pooler(on: Sidecar): Promise<Pooler> {
    const [name, ...others] = await containers("pgbouncer");
    if (!name || others.length > 0) throw new Error(`the lab has ${others.length + (name ? 1 : 0)} poolers, not one. Fix: ./sidecar up`);
    const host = await run("docker", ["inspect", "-f", `{{(index .NetworkSettings.Networks "${on.lab.id}").IPAddress}}`, name]);
    const max = await run("docker", ["exec", name, "sed", "-n", "s/^max_client_conn = //p", "/tmp/1.ini"]);
    const { poolerAddress } = await outputs(on);
    return { name, host: host.trim(), port: Number(poolerAddress.split(":")[1]), maxClientConn: Number(max) };
}

/** Sends one socket's packets; resolves with it, still open, once all are sent and answered or not. */
function converse({ host, port }: Pooler, packets: Conversation): Promise<net.Socket> {
    return new Promise((resolve) => {
        const socket = net.connect({ host, port });
        const left = [...packets];
        let timer: NodeJS.Timeout;
        const end = () => {
            clearTimeout(timer);
            resolve(socket);
        };
        const send = () => {
            clearTimeout(timer);
            const packet = left.shift();
            if (packet === undefined) return end();
            socket.write(packet);
            timer = setTimeout(send, patience);
        };
        timer = setTimeout(end, 5_000); // nobody accepts
        socket.on("connect", send);
        socket.on("data", send);
        socket.on("error", end);
        socket.on("close", end);
    });
}

/** Whether a login through the pool, with a query, works within `seconds`. */
async function logsIn(on: Sidecar, { host, port }: Pooler, seconds: number): Promise<boolean> {
    const client = new Client({ host, port, user: "postgres", password: on.lab.databasePassword, database: "tracksolid_db", connectionTimeoutMillis: seconds * 1000, query_timeout: seconds * 1000 }); // prettier-ignore
    client.on("error", () => undefined);
    try {
        await client.connect();
        await client.query("SELECT 1");
        return true;
    } catch {
        return false;
    } finally {
        void client.end().catch(() => undefined);
    }
}

/** Seconds until a login works, from now; undefined if none does within `giveUp`. */
async function untilLogin(on: Sidecar, found: Pooler): Promise<number | undefined> {
    const from = Date.now();
    while (Date.now() - from < giveUp * 1000) {
        if (await logsIn(on, found, 3)) return (Date.now() - from) / 1000;
        await new Promise((resolve) => setTimeout(resolve, 200));
    }
    return undefined;
}

interface Seen {
    kind: string;
    sockets: number;
    packets: number;
    /** Seconds of the longest time until a login worked; undefined if none did. */
    longest: number | undefined;
    restarts: number;
    /** Percent of one core. */
    peakCpu: number;
    /** Percent of one core once it was over. */
    idleCpu: number;
    /** MB. */
    peakRss: number;
    /** Seconds from the kind's start to the first login that failed. */
    failedAfter?: number;
}

/** Sends one kind until its time is over or a login fails, and looks at the pooler meanwhile. */
async function fuzz(on: Sidecar, kind: Kind, random: Random, seconds: number): Promise<Seen> {
    const found = await pooler(on);
    const sampler = await Sampler.start(found.name);
    const from = Date.now();
    const seen: Seen = { kind: kind.name, sockets: 0, packets: 0, longest: 0, restarts: 0, peakCpu: 0, idleCpu: NaN, peakRss: 0 };
    let last: Conversation[] = [];
    do {
        last = Array.from({ length: kind.held?.(found.maxClientConn) ?? atOnce * 4 }, () => kind.make(random));
        const batch = [...last];
        const open: net.Socket[] = [];
        const worker = async () => {
            for (let next = batch.pop(); next; next = batch.pop()) {
                const socket = await converse(found, next);
                if (kind.held) open.push(socket);
                else socket.destroy();
                seen.sockets += 1;
                seen.packets += next.length;
            }
        };
        await Promise.all(Array.from({ length: kind.held ? 100 : atOnce }, worker));
        const took = await untilLogin(on, found);
        for (const socket of open) socket.destroy();
        seen.longest = took === undefined ? undefined : Math.max(seen.longest!, took);
        if (took === undefined || took > limit) {
            seen.failedAfter = (Date.now() - from) / 1000 - (took ?? giveUp);
            break;
        }
    } while (Date.now() - from < seconds * 1000 && seen.packets < most);
    if (seen.failedAfter !== undefined) {
        const file = inLab("proof", `fuzz ${kind.name}.json`);
        fs.mkdirSync(inLab("proof"), { recursive: true });
        fs.writeFileSync(file, JSON.stringify(last.map((packets) => packets.map((packet) => packet.toString("base64")))));
        console.log(`  the last packets before that: ${file}`);
    }
    seen.idleCpu = await sampler.idle(limit);
    Object.assign(seen, sampler.stop());
    if (seen.longest === undefined) await run("docker", ["restart", "-t", "1", found.name]); // for the kinds that follow
    if (seen.longest === undefined) await untilLogin(on, await pooler(on));
    return seen;
}

const failed = ({ longest, idleCpu }: Seen) => longest === undefined || longest > limit || !(idleCpu < 10);

const time = (seconds: number | undefined) => (seconds === undefined ? `**none within ${giveUp} s**` : `${seconds.toFixed(1)} s`);

/** Hammers the pooler's port without a login, kind by kind; after each batch a login has to work. */
async function all(args: Arguments): Promise<Result> {
    const from = Date.now();
    const minutes = args.number("minutes", 60);
    const seed = args.number("seed", Math.floor(Math.random() * 2 ** 31));
    const only = args.text("kind");
    const chosen = kinds.filter(({ name }) => only === undefined || name.includes(only));
    if (chosen.length === 0) throw new Error(`no kind is called ${only}. Fix: one of ${kinds.map(({ name }) => name).join("; ")}`);
    console.log(`seed ${seed} (again: ./sidecar proof fuzz --seed ${seed} --minutes ${minutes})`);
    const on = await sidecar();
    Object.assign(process.env, on.env);
    const found = await pooler(on);
    if (!(await logsIn(on, found, 5))) {
        throw new Error(`no login works at ${found.host}:${found.port} before anything was sent. Fix: ./sidecar up, on a Docker engine of this machine`); // prettier-ignore
    }
    const rows: Seen[] = [];
    for (const kind of chosen) {
        const seen = await fuzz(on, kind, Random.of(seed, kind.name), (minutes * 60) / chosen.length);
        rows.push(seen);
        console.log(`${failed(seen) ? "FAILED" : "ok    "} ${kind.name}: ${seen.sockets} sockets, login after ${time(seen.longest)} at most, ${seen.restarts} restarts, CPU ${seen.peakCpu.toFixed(0)} %, then ${seen.idleCpu.toFixed(0)} %, ${seen.peakRss.toFixed(0)} MB${seen.failedAfter === undefined ? "" : `; found after ${seen.failedAfter.toFixed(1)} s`}`); // prettier-ignore
    }
    const version = await run("docker", ["exec", (await pooler(on)).name, "sh", "-c", "pgbouncer --version | head -n 1"]);
    return {
        passed: !rows.some(failed),
        partial: only !== undefined,
        summary:
            `${rows.reduce((sum, { packets }) => sum + packets, 0)} packets on ${rows.reduce((sum, { sockets }) => sum + sockets, 0)} sockets to ${version.trim()}, ` +
            `max_client_conn ${found.maxClientConn}, in ${Math.round((Date.now() - from) / 60_000)} min (seed ${seed}). After each batch a login has to work within ${limit} s, and the CPU has to come back below 10 % of a core. ` +
            `Sockets of half-open logins and silent ones stay open until then.`,
        head: ["kind", "sockets", "packets", "longest time until a login worked", "restarts", "peak CPU", "CPU after", "peak RSS"],
        rows: rows.map((seen) => [
            seen.kind, String(seen.sockets), String(seen.packets), time(seen.longest), String(seen.restarts), `${seen.peakCpu.toFixed(0)} %`, `${seen.idleCpu.toFixed(0)} %`, `${seen.peakRss.toFixed(0)} MB`,
        ]), // prettier-ignore
    };
}

export const fuzzProof: Proof = {
    name: "fuzz",
    proves: "nothing that a stranger sends to the pooler's port keeps a login out for longer than the watchdog's time",
    options: [
        numberOption("minutes", "how long to send (default: 60)"),
        numberOption("seed", "repeat the packets of an earlier run"),
        textOption("kind", "only this kind of packet"),
    ],
    run: all,
};
