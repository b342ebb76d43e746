import { ChildProcess, spawn } from "child_process";

/** Clock ticks a second, and bytes of a page, in /proc (x86-64 and arm64 Linux). */
const ticks = 100;
const page = 4096;

export interface Sample {
    /** Process id and start: another process may get the same id in a container that restarted. */
    process: string;
    /** Seconds of CPU, user and system. */
    cpu: number;
    /** MB. */
    rss: number;
}

/** A line of /proc/PID/stat. */
export function parseStat(line: string): Sample | undefined {
    const found = /^(\d+) \(.*\) (.*)$/.exec(line.trim());
    if (!found) return undefined;
    const fields = found[2]!.split(" "); // from the third on
    return {
        process: `${found[1]} ${fields[19]}`,
        cpu: (Number(fields[11]) + Number(fields[12])) / ticks,
        rss: (Number(fields[21]) * page) / 1e6,
    };
}

/** Looks at a container's pgbouncer twice a second: CPU, memory, and whether it is another process than before. */
export class Sampler {
    private child?: ChildProcess;
    private timer?: NodeJS.Timeout;
    private last?: Sample & { at: number };
    private cpu = NaN;
    private peaks = { peakCpu: 0, peakRss: 0, restarts: 0 };

    private constructor(private readonly container: string) {}

    static async start(container: string): Promise<Sampler> {
        const sampler = new Sampler(container);
        sampler.timer = setInterval(() => sampler.look(), 500);
        await new Promise((resolve) => setTimeout(resolve, 1500));
        return sampler;
    }

    private look(): void {
        this.child ??= this.attach();
        this.child.stdin!.write("\n");
    }

    /** A shell in the container that prints a line for each that it gets, and ends when there are no more. */
    private attach(): ChildProcess {
        const shell = "while read -r _; do p=$(pidof pgbouncer) && cat /proc/${p%% *}/stat; done";
        const child = spawn("docker", ["exec", "-i", this.container, "sh", "-c", shell], { stdio: ["pipe", "pipe", "ignore"] });
        child.stdin.on("error", () => undefined);
        child.stdout.on("data", (chunk: Buffer) => chunk.toString().trim().split("\n").forEach((line) => this.take(line))); // prettier-ignore
        child.on("close", () => (this.child = undefined)); // the container restarted: the next look attaches again
        return child;
    }

    private take(line: string): void {
        const sample = parseStat(line);
        if (!sample) return;
        const now = { ...sample, at: Date.now() };
        const before = this.last;
        this.peaks.peakRss = Math.max(this.peaks.peakRss, now.rss);
        if (before && before.process !== now.process) this.peaks.restarts += 1;
        if (before?.process === now.process) {
            if (now.at - before.at < 300) return; // two lines at once
            this.cpu = (100 * (now.cpu - before.cpu)) / ((now.at - before.at) / 1000);
            this.peaks.peakCpu = Math.max(this.peaks.peakCpu, this.cpu);
        }
        this.last = now;
    }

    /** Waits until the process takes less than 10 % of a core, for `seconds` at most; returns what it takes then. */
    async idle(seconds: number): Promise<number> {
        for (const from = Date.now(); ;) {
            await new Promise((resolve) => setTimeout(resolve, 1200));
            if (this.cpu < 10 || Date.now() - from > seconds * 1000) return this.cpu;
        }
    }

    /** Ends the look; returns the peaks. */
    stop(): { peakCpu: number; peakRss: number; restarts: number } {
        clearInterval(this.timer);
        this.child?.stdin!.end();
        return this.peaks;
    }
}
