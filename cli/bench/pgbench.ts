export const protocols = ["simple", "extended", "prepared"] as const;
export type Protocol = (typeof protocols)[number];

/** pgbench's own scripts: one SELECT by its key, or TPC-B's five statements that write. */
export const scripts = ["select", "tpcb"] as const;
export type Script = (typeof scripts)[number];

/** Whether it is the load that all ways and numbers of clients are compared by. */
export const isSimplest = ({ script, protocol }: Pick<Load, "script" | "protocol">) => script === "select" && protocol === "simple";

/** What pgbench is to do. */
export interface Load {
    script: Script;
    protocol: Protocol;
    clients: number;
    /** 0 for no bound by time. */
    seconds: number;
    /** Transactions a second, scheduled whether or not the last one is back; default: as many as can be. */
    rate?: number;
    /** Whether each transaction has a connection of its own. */
    reconnect?: boolean;
}

/** pgbench's arguments; where it connects comes from libpq's variables. `threads` is the most that the machine has cores for. */
export function pgbenchArgs({ script, protocol, clients, seconds, rate, reconnect }: Load, threads: number): string[] {
    return [
        "pgbench",
        "--no-vacuum",
        `--builtin=${script === "select" ? "select-only" : "tpcb-like"}`,
        `--protocol=${protocol}`,
        `--client=${clients}`,
        // pgbench waits in PREPARE with its whole thread. A thread of several clients would wait for itself: one has to prepare,
        // and the others hold all backends in transactions.
        `--jobs=${script === "tpcb" && protocol === "prepared" ? clients : Math.min(clients, threads)}`,
        ...(seconds > 0 ? [`--time=${seconds}`] : []),
        ...(rate === undefined ? [] : [`--rate=${rate}`]),
        ...(reconnect ? ["--connect"] : []),
    ];
}

/** What pgbench reports. */
export interface Ran {
    transactions: number;
    /** Transactions a second, without the time of the first connections. */
    tps: number;
}

/** Reads a report of pgbench 13 to 18. Throws pgbench's own words if a client failed. */
export function parseReport(
    { code, stdout, stderr }: { code: number; stdout: string; stderr: string },
    { reconnect = false }: Pick<Load, "reconnect"> = {},
): Ran {
    const number = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1] ?? NaN);
    const ran = {
        transactions: number(/^number of transactions actually processed: (\d+)/m),
        // Version 13 has two lines. With --connect, the time of the connections is what is measured.
        tps: number(reconnect ? /^tps = ([\d.]+) \(including/m : /^tps = ([\d.]+) \((?!including connections establishing)/m),
    };
    const said = stderr.split("\n").find((line) => /error|FATAL|aborted/.test(line));
    if (code === 0 && !said && ran.transactions === 0) throw new Error("no transaction ended in time: the machine is too busy");
    if (code !== 0 || said || Object.values(ran).some(Number.isNaN)) {
        throw new Error(said?.trim() ?? `pgbench ended with ${code}: ${(stderr || stdout).trim().slice(-300)}`);
    }
    return ran;
}

/** Milliseconds from a transaction's scheduled start to its end, by the part of the transactions that took no longer. */
export interface Percentiles {
    p50: number;
    p90: number;
    p99: number;
    "p99.9": number;
    max: number;
}

export const percentileNames = ["p50", "p90", "p99", "p99.9", "max"] as const satisfies (keyof Percentiles)[];

/** Reads what percentiles.sh prints: a line `NAME MICROSECONDS` each. */
export function parsePercentiles(stdout: string): Percentiles {
    const found = new Map([...stdout.matchAll(/^(p[\d.]+|max) (\d+)$/gm)].map(([, name, us]) => [name, Number(us) / 1000]));
    const of = (name: keyof Percentiles) => {
        const value = found.get(name);
        if (value === undefined) throw new Error(`pgbench's log has no ${name}`);
        return value;
    };
    return { p50: of("p50"), p90: of("p90"), p99: of("p99"), "p99.9": of("p99.9"), max: of("max") };
}
