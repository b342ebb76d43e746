import { Endpoint } from "./generator";

/** One way to the database that is measured. It is up only while it is used. */
export interface Way {
    name: string;
    /** What it is, for a table's legend. */
    is: string;
    endpoint: Endpoint;
    /** The pooler's container; none on the way without one. */
    container?: string;
    start(): Promise<unknown>;
    stop(): Promise<unknown>;
    /** Microseconds that a client waited for a backend in each transaction since the start; none if the pooler can't say. */
    wait?(): Promise<number>;
    /** Why this can't be measured; undefined if it can. */
    cannot?(load: { clients: number; protocol: string }): string | undefined;
}

/** Has a way up while something is done. */
export async function using<T>(way: Way, work: () => Promise<T>): Promise<T> {
    try {
        await way.start();
        return await work();
    } finally {
        await way.stop();
    }
}
