import { run } from "../../../lab/run";
import { readStats } from "../../../cli/bench/usage";
import { knowsStartInterval } from "../../../host/containers";
import { containers, Sidecar } from "../../e2e/support/stack";
import { pause } from "../reconnecting";
import { percent, Used, used } from "./figures";

/** What both of the sidecar's containers may use, in percent of one core. Before version 25, an engine checks their health more often. */
export const target = ({ startInterval }: Pick<Idle, "startInterval">) => (startInterval ? 1 : 2);
/** Seconds after its start in which pgAdmin is still busy. */
const settling = 30;

export interface Idle {
    /** Whether the engine knows a health check's startInterval. */
    startInterval: boolean;
    pgbouncer: Used;
    pgadmin: Used;
    /** The database's container while the sidecar is there, and while it is frozen. */
    database: Used;
    databaseAlone: Used;
}

const dockerOf = ({ env }: Pick<Sidecar, "env">) => ({ host: env.DOCKER_HOST!, sshOpts: [] });

/** What containers use for some seconds. */
async function watch(on: Sidecar, names: string[], seconds: number): Promise<Used[]> {
    const docker = dockerOf(on);
    const look = () => Promise.all(names.map((name) => readStats(docker, name)));
    const before = await look();
    await pause(seconds);
    const after = await look();
    return before.map((one, at) => used(one, after[at]!));
}

/** What the sidecar's containers use without clients. */
export async function measureSidecar(on: Sidecar, seconds: number, beside: string[] = []) {
    const sidecars = [...(await containers("pgbouncer")), ...(await containers("pgadmin"))];
    const [pgbouncer, pgadmin, ...others] = await watch(on, [...sidecars, ...beside], seconds);
    return { startInterval: await knowsStartInterval(dockerOf(on)), pgbouncer: pgbouncer!, pgadmin: pgadmin!, others, sidecars };
}

/** CPU and memory of the containers without clients, each for `seconds`; the database also while the sidecar is frozen. */
export async function measureIdle(on: Sidecar, seconds: number): Promise<Idle> {
    await pause(settling);
    const database = on.lab.databaseContainer;
    const { others, sidecars, ...sidecar } = await measureSidecar(on, seconds, [database]);
    await run("docker", ["pause", ...sidecars]);
    try {
        const [alone] = await watch(on, [database], seconds);
        return { ...sidecar, database: others[0]!, databaseAlone: alone! };
    } finally {
        await run("docker", ["unpause", ...sidecars]);
    }
}

/** Percent of a core that both containers use. */
export const total = ({ pgbouncer, pgadmin }: Pick<Idle, "pgbouncer" | "pgadmin">) => pgbouncer.cpu + pgadmin.cpu;

export const idleHead = ["container, without clients", "CPU, of one core", "memory"];

export function idleRows(idle: Idle): string[][] {
    const row = (name: string, { cpu, memory }: Used) => [name, percent(cpu), `${memory.toFixed(1)} MiB`];
    return [
        row("pgbouncer", idle.pgbouncer),
        row("pgAdmin", idle.pgadmin),
        ["both", percent(total(idle)), `${(idle.pgbouncer.memory + idle.pgadmin.memory).toFixed(1)} MiB`],
        row("the database, with its writer's 10 rows a second", idle.database),
        row("the same while the sidecar is frozen", idle.databaseAlone),
    ];
}
