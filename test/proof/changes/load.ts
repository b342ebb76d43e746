import { run, until } from "../../../lab/run";
import { containers, removeConfig, replacing, setConfig, Sidecar, up } from "../../e2e/support/stack";
import { Clients } from "../../e2e/support/clients";
import { nodeCommand, nodeKind, pause, psqlKind, Reconnecting, sum } from "../reconnecting";
import { medianAndWorst } from "./figures";

/** Sessions that are held through each change. */
const sessions = 10;
/** Seconds after a command in which what it did to sessions still counts. */
const settling = 2;

/** What held sessions saw of one change. */
export interface Lap {
    queries: number;
    /** Sessions that were cut. */
    cut: number;
    /** Attempts of theirs to come back that failed. */
    failed: number;
    /** Milliseconds of the longest time between two answers in a session, also across a new connection. */
    longest: number;
    said: string[];
}

export interface Change extends Lap {
    /** Seconds that the command took. */
    seconds: number;
}

/** All changes of one kind. */
export interface Changes {
    kind: string;
    /** Connections of the clients that reconnect, with those that failed. */
    connections: number;
    failed: number;
    said: string[];
    changes: Change[];
    /** Whether a session may be cut. */
    cuts: boolean;
}

/** A kind of change: how the `n`th is made, and how all are set back. */
export interface ChangeKind {
    name: string;
    title: string;
    /** Sessions may be cut: a pooler leaves with them. */
    cuts?: true;
    prepare?: (on: Sidecar, n: number) => Promise<void>;
    make: (on: Sidecar, n: number) => Promise<unknown>;
    restore?: (on: Sidecar) => Promise<unknown>;
}

const command = ({ env }: Sidecar, ...args: string[]) => run("./sidecar", args, { env, log: "changes" });

/** Makes a change, and throws unless it replaced the pooler or left it. */
async function pooler(expected: "replaced" | "same", work: () => Promise<unknown>): Promise<void> {
    const before = (await containers("pgbouncer")).join();
    await work();
    if (((await containers("pgbouncer")).join() === before) !== (expected === "same")) throw new Error(`the pooler is not ${expected}`);
}

export const changeKinds: ChangeKind[] = [
    { name: "nothing", title: "nothing, for 5 s", make: () => pause(5) },
    {
        name: "reloads",
        title: "a reload (`pulumi up` with another setting)",
        prepare: (on, n) => setConfig(on, "reservePoolTimeout", String(6 + (n % 5))),
        make: (on) => pooler("same", () => up(on)),
        restore: async (on) => {
            await removeConfig(on, "reservePoolTimeout");
            await up(on);
        },
    },
    { name: "rolls", title: "a roll (`pulumi up` with another container)", cuts: true, make: (on) => pooler("replaced", () => up(on, ...replacing)) },
    {
        name: "rotations",
        title: "`./sidecar rotate`",
        make: (on) => pooler("same", () => command(on, "rotate", "--stack", "local", "--yes", "--skip-preview", "--non-interactive")),
        restore: async (on) => {
            await removeConfig(on, "rotation");
            await up(on);
        },
    },
    {
        name: "pauses",
        title: "`./sidecar pause -- docker restart DATABASE`",
        make: (on) => pooler("same", () => command(on, "pause", "--stack", "local", "--", "docker", "restart", on.lab.databaseContainer)),
    },
]; // prettier-ignore

/** Makes changes of one kind under clients that reconnect, and in sessions that are held; both without a pause. */
export async function measureChanges(on: Sidecar, kind: ChangeKind, times: number): Promise<Changes> {
    const clients = new Clients(on);
    const images = { psql: on.images.pgbouncer, node: on.images.timescaledb, clients: "" };
    try {
        const held = await Held.start(clients, on);
        // A login waits in a pause, for longer than the 5 s that psql has otherwise.
        const reconnecting = await Reconnecting.start(clients, images, [
            kind.name === "pauses" ? { ...psqlKind, env: { PGCONNECT_TIMEOUT: "60" } } : psqlKind,
            nodeKind,
        ]);
        await until("sessions", 30, async () => (await held.lap()).queries > 0);
        const changes: Change[] = [];
        try {
            for (let n = 0; n < times; n++) {
                await kind.prepare?.(on, n);
                await held.lap();
                const from = Date.now();
                await kind.make(on, n);
                const seconds = (Date.now() - from) / 1000;
                await pause(settling);
                const change = { seconds, ...(await held.lap()) };
                changes.push(change);
                console.log(`${kind.name} ${n + 1}: ${JSON.stringify(change)}`);
            }
        } finally {
            await kind.restore?.(on);
        }
        const seen = await reconnecting.finish();
        return {
            kind: kind.title,
            connections: sum(seen.map(({ ok, failed }) => ok + failed)),
            failed: sum(seen.map(({ failed }) => failed)),
            said: seen.flatMap(({ said }) => said).filter(Boolean),
            changes,
            cuts: kind.cuts ?? false,
        };
    } finally {
        await clients.removeAll();
    }
}

/** Sessions that query without a pause. */
class Held {
    private laps = 0;

    private constructor(
        private readonly clients: Clients,
        private readonly name: string,
    ) {}

    static async start(clients: Clients, { images }: Sidecar): Promise<Held> {
        const script = nodeCommand("/repo/test/proof/changes/clients/hold.ts");
        const held = new Held(clients, await clients.start(images.timescaledb, script, { SESSIONS: String(sessions) }));
        // SIGUSR2 ends a node that has not read the script yet.
        await until("the sessions' client", 30, async () => (await clients.said(held.name)).includes("connected"));
        return held;
    }

    /** What they saw since the lap before. */
    async lap(): Promise<Lap> {
        await run("docker", ["kill", "--signal", "USR2", this.name]);
        const line = await until("the sessions' answer", 10, async () => {
            const lines = (await this.clients.said(this.name)).split("\n").filter((one) => one.startsWith("{"));
            return lines[this.laps];
        });
        this.laps += 1;
        return JSON.parse(line) as Lap;
    }
}

export const changesHead = [
    "change",
    "times",
    "seconds of the command, median; worst",
    "connections",
    "failed",
    "longest stall in the held sessions, median; worst",
    "sessions cut",
    "queries in held sessions",
];

export function changesRow({ kind, connections, failed, changes }: Changes): string[] {
    return [
        kind,
        String(changes.length),
        medianAndWorst(changes.map(({ seconds }) => seconds)),
        String(connections),
        String(failed),
        medianAndWorst(changes.map(({ longest }) => longest / 1000)),
        `${sum(changes.map(({ cut }) => cut))} of ${sessions * changes.length}`,
        String(sum(changes.map(({ queries }) => queries))),
    ];
}

/** Whether no connection failed, and no session was cut by what cuts none. */
export function unharmed({ connections, failed, changes, cuts }: Changes): boolean {
    const lost = sum(changes.map((change) => change.failed + (cuts ? 0 : change.cut)));
    return connections > 0 && failed === 0 && lost === 0 && changes.every(({ queries }) => queries > 0);
}
