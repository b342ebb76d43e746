import { DockerHost } from "../../settings/settings";
import { Signals } from "../pause/signals";
import { Generator } from "./generator";
import { Load } from "./pgbench";
import { shuffled } from "../statistics";
import { using, Way } from "./way";

/** Bench received a signal. */
export class Interrupted extends Error {}

/** A measurement that can't be made here, which is no failure. */
class NotRun extends Error {}

export interface ContextArgs {
    docker: DockerHost;
    generator: Generator;
    ways: Way[];
    /** Of each measurement. */
    seconds: number;
    rounds: number;
    /** Connections that bench may take from the database. */
    room: number;
    signals: Signals;
}

/** What every part of bench has at hand. */
export class Context {
    private done = 0;
    private expected = 0;
    private part = "";
    /** Measurements that failed. */
    failures = 0;

    constructor(private readonly args: ContextArgs) {}

    get docker(): DockerHost {
        return this.args.docker;
    }

    get generator(): Generator {
        return this.args.generator;
    }

    get ways(): Way[] {
        return this.args.ways;
    }

    get seconds(): number {
        return this.args.seconds;
    }

    get rounds(): number {
        return this.args.rounds;
    }

    /** Begins a part with so many measurements. */
    expect(part: string, measurements: number): void {
        Object.assign(this, { part, expected: measurements, done: 0 });
    }

    /** Begins a part that measures each of the loads by each of the ways, in random order within each round. */
    *cells<Cell>(part: string, loads: readonly Cell[], ways: Way[]): IterableIterator<{ round: number; load: Cell; way: Way }> {
        this.expect(part, loads.length * ways.length * this.rounds);
        for (let round = 1; round <= this.rounds; round++) {
            for (const load of shuffled(loads)) for (const way of shuffled(ways)) yield { round, load, way };
        }
    }

    /** Throws an Interrupted if a signal came. */
    say(line: string): void {
        if (this.args.signals.exitCode !== undefined) throw new Interrupted();
        console.error(`${this.part} ${++this.done}/${this.expected}: ${line}`);
    }

    /** Has a way up and warm while something is measured. Throws a NotRun if it can't carry the load. */
    async through<T>(way: Way, load: Omit<Load, "seconds">, work: () => Promise<T>): Promise<T> {
        this.refuse(way, load);
        return using(way, async () => {
            await this.generator.warm(way.endpoint, load);
            return work();
        });
    }

    /** Throws if the way can't carry the load, or if the database has too few connections for it. */
    private refuse(way: Way, load: { clients: number; protocol: string }): void {
        const why = way.cannot?.(load);
        if (why) throw new NotRun(why);
        if (!way.container && load.clients > this.args.room) {
            throw new NotRun(`not run: the database has ${this.args.room} connections left for it`);
        }
    }

    /** What the work resolves with, or why it failed, so that one failure ends nothing else. */
    async trying<T extends object>(work: () => Promise<T>): Promise<T | { failed: string }> {
        return work().catch((cause: Error) => {
            if (!(cause instanceof NotRun)) this.failures++;
            return { failed: cause.message.split("\n")[0]! };
        });
    }
}
