import { Load, Percentiles } from "./pgbench";
import { Program, Work } from "./samples";

/** What was measured once. */
export interface Measured {
    way: string;
    round: number;
    /** Why there are no figures: pgbench's own words, or why it was not run. */
    failed?: string;
}

export interface Throughput extends Measured, Omit<Load, "seconds"> {
    tps?: number;
    /** Microseconds of CPU time for each transaction, by container; pooler 0 without one. */
    cpu?: { database: number; pooler: number; pgbench: number };
    /** Backends at the end. */
    backends?: number;
    /** Microseconds that a client waited for a backend in each transaction. */
    wait?: number;
}

export interface Latency extends Measured {
    /** Transactions a second, as scheduled. */
    rate: number;
    /** The part of the slowest way's capacity that the rate is, in percent; none for a fixed rate. */
    percent?: number;
    clients: number;
    /** Milliseconds from the scheduled start. */
    percentiles?: Percentiles;
}

export interface Connections extends Measured {
    clients: number;
    /** New connections a second, with one query in each. */
    perSecond?: number;
}

export type Profiled = Record<Program, Record<Work, number>>;

export interface Profile extends Measured, Omit<Load, "seconds"> {
    /** Microseconds of CPU time for each transaction. */
    of?: Profiled;
}

export interface IdleClients {
    way: string;
    clients: number;
    /** Bytes that pgbouncer holds. */
    resident?: number;
    /** Backends while they are idle. */
    backends?: number;
    /** Seconds until all were connected. */
    seconds?: number;
    failed?: string;
}

export interface Machine {
    cpus: number;
    model: string;
    /** Bytes. */
    memory: number;
    kernel: string;
    engine: string;
    database: string;
    pgbouncer: string;
}

export interface Results {
    /** ISO time of the end. */
    at: string;
    /** Minutes that it took. */
    minutes: number;
    machine: Machine;
    /** Seconds of each measurement, and how often each was made. */
    seconds: number;
    rounds: number;
    /** What each way is. */
    ways: Record<string, string>;
    throughput: Throughput[];
    latency: Latency[];
    connections: Connections[];
    /** What CPU time is spent on; not of a stack whose engine is on another machine. */
    profile?: Profile[];
    memory: {
        idle: IdleClients[];
        /** Bytes that one idle backend of the database has for itself. */
        backend?: number;
    };
}
