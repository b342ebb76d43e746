/** What a program spends CPU time on, as far as the kernel's call chain shows it. */
export const works = ["own code", "sending", "receiving", "waiting", "rest of the kernel"] as const;
export type Work = (typeof works)[number];

/** The programs that are distinguished. */
export const programs = ["pgbouncer", "postgres", "pgbench"] as const;
export type Program = (typeof programs)[number];

/** Numbers of samples. */
export type Samples = Record<Program, Record<Work, number>>;

const calls: [RegExp, Work][] = [
    [/^(send|write)/, "sending"],
    [/^(recv|read)/, "receiving"],
    [/^(epoll|poll|ppoll|p?select|futex|nanosleep|clock_nanosleep)/, "waiting"],
];

/** What a sample's call chain, innermost first, belongs to: a line is `ADDRESS SYMBOL`. */
function workOf(chain: string[]): Work {
    if (!chain[0]?.startsWith("ffff")) return "own code"; // the kernel's addresses are the upper half
    const call = chain.map((frame) => /^\w+ __\w+_sys_(\w+)/.exec(frame)?.[1]).find(Boolean);
    return calls.find(([pattern]) => pattern.test(call ?? ""))?.[1] ?? "rest of the kernel";
}

/** Counts what `perf script -F comm,ip,sym` prints, line by line: for each sample the program's name, its call chain and an empty line. */
export async function countSamples(lines: Iterable<string> | AsyncIterable<string>): Promise<Samples> {
    const none = () => Object.fromEntries(works.map((work) => [work, 0])) as Record<Work, number>;
    const counted: Samples = { pgbouncer: none(), postgres: none(), pgbench: none() };
    const count = ([name, ...chain]: string[]) => {
        const program = programs.find((each) => each === name);
        if (program) counted[program][workOf(chain)]++;
    };
    let sample: string[] = [];
    for await (const line of lines) {
        if (line.trim() !== "") {
            sample.push(line.trim());
            continue;
        }
        count(sample);
        sample = [];
    }
    count(sample);
    return counted;
}
