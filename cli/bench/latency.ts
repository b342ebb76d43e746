import { Context } from "./context";
import { isSimplest } from "./pgbench";
import { Results, Throughput } from "./results";
import { median } from "../statistics";
import { mainClients } from "./throughput";

/** Transactions a second of the load that shows latency, and that no machine is full with. */
export const comparedRate = 1000;

/** Transactions a second that every database can be asked for. */
export const fixedRates = [200, comparedRate];

const percents = [25, 50, 75];

/** The ways whose latency is compared. */
export const compared = ["direct", "strict", "fast"];

/** The rates: fixed ones, and parts of what the slowest of the compared ways can do. */
export function rates(throughput: Throughput[], fixed: number[]): { rate: number; percent?: number }[] {
    const capacities = compared.map((way) =>
        median(throughput.filter((one) => one.way === way && isSimplest(one) && one.clients === mainClients).flatMap(({ tps }) => tps ?? [])),
    ); // prettier-ignore
    const slowest = Math.min(...capacities.filter((each) => !Number.isNaN(each)));
    const parts = Number.isFinite(slowest) ? percents.map((percent) => ({ rate: Math.round((slowest * percent) / 100), percent })) : [];
    return [...fixed.map((rate) => ({ rate })), ...parts];
}

/** Measures how long a query takes when it comes at its time, whether or not the last one is back. */
export async function measureLatency(
    on: Context,
    { throughput, latency: all }: Pick<Results, "throughput" | "latency">,
    fixed: number[],
): Promise<void> {
    const ways = on.ways.filter(({ name }) => compared.includes(name));
    const load = { script: "select", protocol: "simple", clients: mainClients } as const;
    for (const { round, load: cell, way } of on.cells("latency", rates(throughput, fixed), ways)) {
        const at = { ...load, seconds: on.seconds, rate: cell.rate };
        const measured = await on.trying(() => on.through(way, load, () => on.generator.latency(way.endpoint, at)));
        all.push({ way: way.name, round, clients: load.clients, ...cell, ...measured });
        const shown =
            "percentiles" in measured ? `p50 ${measured.percentiles.p50} ms, p99 ${measured.percentiles.p99} ms` : measured.failed;
        on.say(`${way.name}, ${cell.rate}/s: ${shown}`);
    }
}
