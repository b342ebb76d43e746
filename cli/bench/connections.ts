import { Context } from "./context";
import { Connections } from "./results";

const load = { script: "select", protocol: "simple", clients: 10, reconnect: true } as const;

/** Measures how many connections a second can be made, each for one query. */
export async function measureConnections(on: Context, all: Connections[]): Promise<void> {
    for (const { round, way } of on.cells("connections", [load], on.ways)) {
        const measured = await on.trying(async () => {
            const { tps } = await on.through(way, load, () => on.generator.load(way.endpoint, { ...load, seconds: on.seconds }));
            return { perSecond: tps };
        });
        all.push({ way: way.name, round, clients: load.clients, ...measured });
        on.say(`${way.name}: ${"perSecond" in measured ? `${measured.perSecond.toFixed(0)} a second` : measured.failed}`);
    }
}
