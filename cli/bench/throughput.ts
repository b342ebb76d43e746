import { setTimeout } from "timers/promises";
import { cpuWhile } from "./usage";
import { Context } from "./context";
import { Load } from "./pgbench";
import { Throughput } from "./results";
import { Way } from "./way";

/** Clients of the loads that compare protocols and scripts. */
export const mainClients = 30;

/** The same, among the numbers that are measured. */
export const mainOf = (clients: number[]): number => (clients.includes(mainClients) ? mainClients : clients.at(-1)!);

/** Most of pgbench's scale, about 1.5 GB: a database in production needs room for it. */
const mostScale = 100;

/**
 * pgbench's scale: as many as clients write at once, as each of them writes to the row of one. Without TPC-B, which only the
 * throughput has, there is nothing to keep apart.
 */
export function scaleFor({ parts, saturate, clients }: { parts: readonly string[]; saturate: boolean; clients: number[] }): number {
    return saturate && parts.includes("throughput") ? Math.min(mainOf(clients), mostScale) : 1;
}

/** The loads: each number of clients with the simplest query, and each protocol and script with one number of clients. */
export function loads(clients: number[]): Omit<Load, "seconds">[] {
    const main = mainOf(clients);
    return [
        ...clients.map((each) => ({ script: "select", protocol: "simple", clients: each }) as const),
        ...(["extended", "prepared"] as const).map((protocol) => ({ script: "select", protocol, clients: main }) as const),
        ...(["simple", "extended", "prepared"] as const).map((protocol) => ({ script: "tpcb", protocol, clients: main }) as const),
    ];
}

/** Measures how many transactions come through, by each way and load, and adds it to what is there. */
export async function measureThroughput(on: Context, clients: number[], all: Throughput[]): Promise<void> {
    const idle = await idleTime(on);
    for (const { round, load, way } of on.cells("throughput", loads(clients), on.ways)) {
        const measured = await on.trying(() => on.through(way, load, () => measure(on, way, load, idle)));
        all.push({ way: way.name, round, ...load, ...measured });
        on.say(`${way.name}, ${load.script} ${load.protocol}, ${load.clients} clients: ${shown(measured)}`);
    }
}

const shown = ({ tps, failed }: { tps?: number; failed?: string }) => failed ?? `${tps!.toFixed(0)} tps`;

/** Microseconds of CPU time that the database uses in a second without bench: for its other clients, and for itself. */
async function idleTime(on: Context): Promise<number> {
    const seconds = 5;
    const pause = () => setTimeout(seconds * 1000);
    return (await cpuWhile(on.docker, { database: on.generator.database }, pause)).cpu.database / seconds;
}

async function measure(
    on: Context,
    way: Way,
    load: Omit<Load, "seconds">,
    idle: number,
): Promise<Pick<Throughput, "tps" | "cpu" | "backends" | "wait">> {
    const containers = {
        database: on.generator.database,
        pgbench: on.generator.container,
        pooler: way.container ?? on.generator.container,
    };
    const from = Date.now();
    const { result, cpu } = await cpuWhile(on.docker, containers, () => on.generator.load(way.endpoint, { ...load, seconds: on.seconds }));
    const seconds = (Date.now() - from) / 1000;
    const each = (microseconds: number) => microseconds / result.transactions;
    return {
        tps: result.tps,
        cpu: {
            database: each(Math.max(0, cpu.database - idle * seconds)),
            pgbench: each(cpu.pgbench),
            pooler: way.container ? each(cpu.pooler) : 0,
        },
        ...(way.container && { backends: await on.generator.backends() }),
        ...(way.wait && { wait: await way.wait() }),
    };
}
