import { Option } from "commander";
import { Command, wholeNumber } from "../command";

export interface BenchOptions {
    stack: string;
    quick?: boolean;
    only?: string;
    variants?: string;
    clients?: number[];
    seconds?: number;
    rounds?: number;
    saturate?: boolean;
    json?: string;
    docs?: boolean;
}

const positive = wholeNumber(99_999);

export const bench: Command<BenchOptions> = {
    name: "bench",
    summary: "measure what the pooler costs and what it saves",
    description: `Measures a deployed stack with pgbench, directly and through poolers that differ in one setting each:
transactions a second, latency at a fixed rate, CPU time, new connections, memory, and on the lab what CPU time is spent on. Each round takes all of them in random order.
The poolers are copies of the stack's own, one at a time, with the same image and files. The stack's own keeps serving.
The rows to query are in the schema sidecar_bench of the first database, and belong to the role sidecar_bench. Both are removed afterwards.
On a stack other than the lab's, it makes 100,000 rows, and measures latency at 200 queries a second and the memory of 200 and 1,000 idle
clients. Throughput, new connections and more of both need --saturate. CPU time is sampled on the lab alone.
For the throughput, it makes 100,000 rows (15 MB) for each client that writes, at most 1.5 GB. 30 clients write, or the last number
of --clients if 30 is not among them.
On the lab, all of it takes hours, and with --quick about one. Ctrl-C ends it after the measurement under way.`,
    group: "Commands:",
    options: [
        new Option("-s, --stack <name>", "the stack").default("local", "the lab's"),
        new Option("--quick", "3 rounds of 5 s, not of 60 s"),
        new Option("--only <parts>", "throughput, latency, connections, memory or profile, as PART,PART… (default: all)"),
        new Option("--variants <names>", "as NAME,NAME…; an unknown name lists all (default: all available)"),
        new Option("--clients <numbers>", "clients for the throughput, as N,N… (default: 1,10,30,100,200)").argParser((text) =>
            text.split(",").map(positive),
        ),
        new Option("--seconds <seconds>", "length of each measurement (default: 60)").argParser(positive),
        new Option("--rounds <number>", "measurements of each (default: 3)").argParser(positive),
        new Option("--saturate", "measure the full throughput of a stack that is not the lab's: its database is busy meanwhile"),
        new Option("--json <file>", "write the results and the machine's description there"),
        new Option("--docs", "write the results to docs/MEASUREMENTS.md"),
    ],
    examples: ["./sidecar bench --quick", "./sidecar bench --only throughput --variants direct,strict,fast --clients 30"],
    run: async (options) => (await import("./bench")).bench(options),
};
