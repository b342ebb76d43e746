import { ChildProcess, spawn } from "child_process";
import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import * as readline from "readline";
import { setTimeout } from "timers/promises";
import { need } from "../../lab/machine";
import { Context } from "./context";
import { compared, comparedRate } from "./latency";
import { Load } from "./pgbench";
import { Profile, Profiled } from "./results";
import { countSamples, Program, programs, Samples, works } from "./samples";
import { mainClients } from "./throughput";
import { Way } from "./way";

/** Microseconds of a core's time for each sample; not a part of the kernel's own tick, which would fall on the same moments. */
const period = 1009;

/** Seconds that a load may take for its connections. */
const patience = 120;

/** Name of perf's file. */
const data = "perf.data";

/** Measures what programs spend CPU time on, and adds it to what is there. Looks at the whole machine, so the engine has to be on it. */
export async function measureProfile(on: Context, all: Profile[]): Promise<void> {
    const perf = await on.trying(() => need("perf", ["linux-perf"], "it shows what programs spend CPU time on").then(() => ({})));
    if ("failed" in perf) return console.error(`bench: without the profile: ${String(perf.failed)}`);
    const ways = on.ways.filter(({ name }) => compared.includes(name));
    const load = { script: "select", clients: mainClients } as const;
    const loads = [
        ...(["simple", "prepared"] as const).map((protocol) => ({ ...load, protocol })),
        { ...load, protocol: "simple", rate: comparedRate } as const,
    ];
    for (const { round, load: cell, way } of on.cells("profile", loads, ways)) {
        const measured = await on.trying(() => on.through(way, cell, () => measure(on, way, cell)));
        all.push({ way: way.name, round, ...cell, ...measured });
        on.say(`${way.name}, ${cell.protocol}: ${"failed" in measured ? measured.failed : shown(measured.of)}`);
    }
}

async function measure(on: Context, { endpoint }: Way, load: Omit<Load, "seconds">) {
    const recorder = await Recorder.start(on.seconds + patience);
    try {
        const { transactions } = await on.generator.load(endpoint, { ...load, seconds: on.seconds });
        return perTransaction(await recorder.samples(), transactions);
    } finally {
        await recorder.stop();
    }
}

/** Looks at every core of this machine. */
class Recorder {
    private readonly ended: Promise<unknown>;
    private said = "";

    private constructor(
        private readonly folder: string,
        private readonly perf: ChildProcess,
    ) {
        this.ended = new Promise((resolve) => perf.on("close", resolve).on("error", resolve));
        perf.stderr!.on("data", (text: Buffer) => (this.said += text.toString()));
    }

    /** Starts it, for so many seconds at most, and waits until it records. */
    static async start(seconds: number): Promise<Recorder> {
        const folder = fs.mkdtempSync(path.join(os.tmpdir(), "bench-profile-"));
        const event = ["-e", "cpu-clock", "-c", String(period * 1000), "-a", "-g"];
        const args = ["record", "-q", ...event, "-o", path.join(folder, data), "sleep", String(seconds)];
        const recorder = new Recorder(folder, spawn("perf", args, { stdio: ["ignore", "ignore", "pipe"] }));
        await setTimeout(500);
        return recorder;
    }

    /** Ends it, and returns what it has seen. */
    async samples(): Promise<Samples> {
        await this.end();
        const script = spawn("perf", ["script", "-i", path.join(this.folder, data), "-F", "comm,ip,sym"], {
            stdio: ["ignore", "pipe", "ignore"],
        });
        const ended = new Promise<number | null>((resolve) => script.on("close", resolve));
        const counted = await countSamples(readline.createInterface({ input: script.stdout }));
        if ((await ended) !== 0) throw new Error(`perf: ${this.said.trim().split("\n")[0] || "its samples can't be read"}`);
        return counted;
    }

    async stop(): Promise<void> {
        await this.end();
        fs.rmSync(this.folder, { recursive: true });
    }

    private async end(): Promise<void> {
        this.perf.kill("SIGINT");
        await this.ended;
    }
}

/** Microseconds of each kind of work for each transaction. */
export function perTransaction(samples: Samples, transactions: number): Required<Pick<Profile, "of">> {
    const each = (program: Program) =>
        Object.fromEntries(works.map((work) => [work, (samples[program][work] * period) / transactions])) as Profiled[Program];
    return { of: { pgbouncer: each("pgbouncer"), postgres: each("postgres"), pgbench: each("pgbench") } };
}

const total = (counts: Profiled[Program]) => Object.values(counts).reduce((sum, one) => sum + one);
const shown = (of: Profiled) => programs.map((program) => `${program} ${total(of[program]).toFixed(0)} µs`).join(", ");
