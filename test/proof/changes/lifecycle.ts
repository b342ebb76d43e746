import { run } from "../../../lab/run";
import { Remote } from "../../e2e/support/remote";
import { changing, pulumi, removeConfig, replacing, setConfig, Sidecar, up } from "../../e2e/support/stack";
import { spread } from "./figures";

/** One run of a step. */
export interface Took {
    seconds: number;
    /** Commands that ran on the Docker host over ssh. */
    commands?: number;
}

/** A step of a stack's life with all its runs, by the way to the engine. */
export interface Step {
    title: string;
    took: Record<string, Took[]>;
}

/** The CLI's arguments for each step, in their order. The first run's destroy takes away what is there. */
const steps: { title: string; args: string[]; reloads?: true }[] = [
    { title: "`pulumi destroy`", args: ["destroy", ...changing] },
    { title: "cold `pulumi up`, images present, until pgAdmin is healthy", args: ["up", ...changing] },
    { title: "`pulumi preview` without a change", args: ["preview", "--expect-no-changes"] },
    { title: "`pulumi preview --refresh` without a change", args: ["preview", "--refresh", "--expect-no-changes"] },
    { title: "`pulumi up` without a change", args: ["up", ...changing, "--expect-no-changes"] },
    { title: "`pulumi up` with a reload", args: ["up", ...changing], reloads: true },
    { title: "`pulumi up` with a roll", args: ["up", ...changing, ...replacing] },
];

type Cli = (args: string[]) => Promise<Took>;

async function timed(work: () => Promise<unknown>): Promise<Took> {
    const from = Date.now();
    await work();
    return { seconds: (Date.now() - from) / 1000 };
}

async function live(on: Sidecar, way: string, runs: number, cli: Cli): Promise<Step[]> {
    const all = steps.map(({ title }) => ({ title, took: { [way]: [] as Took[] } }));
    await cli(["up", ...changing]); // so that the images are there, and a destroy has something to do
    try {
        for (let n = 0; n < runs; n++) {
            for (const [at, { title, args, reloads }] of steps.entries()) {
                if (reloads) await setConfig(on, "reservePoolTimeout", String(6 + (n % 5)));
                const took = await cli(args);
                all[at]!.took[way]!.push(took);
                console.log(`${way}, ${title}: ${JSON.stringify(took)}`);
            }
        }
    } finally {
        await removeConfig(on, "reservePoolTimeout");
    }
    return all;
}

/** The steps over the engine's own socket. */
export async function lifecycle(on: Sidecar, runs: number): Promise<Step[]> {
    try {
        return await live(on, "socket", runs, (args) =>
            timed(async () => {
                const { code, stdout, stderr } = await pulumi(on, args);
                if (code !== 0) throw new Error(`pulumi ${args.join(" ")}:\n${stdout}${stderr}`);
            }),
        );
    } finally {
        await up(on);
    }
}

/** The same over ssh, through a tunnel to the database. */
export async function lifecycleOverSsh(on: Sidecar, runs: number): Promise<Step[]> {
    const remote = await Remote.begin(on);
    try {
        return await live(on, "ssh", runs, async (args) => {
            const before = remote.sshd.counts().commands;
            const took = await timed(() => remote.pulumi(...args));
            return { ...took, commands: remote.sshd.counts().commands - before };
        });
    } finally {
        await remote.end();
        await up(on);
    }
}

/** `npm run up` when all of it is there. */
export async function labAgain({ env }: Sidecar, runs: number): Promise<Step> {
    const took: Took[] = [];
    for (let n = 0; n < runs; n++) took.push(await timed(() => run("npm", ["run", "up"], { env })));
    return { title: "`npm run up` again", took: { socket: took } };
}

export const lifecycleHead = ["step", "over the socket, median (least–most)", "over ssh, with the tunnel", "commands over ssh"];

/** One row a step, with a dash for a way that was not measured. */
export function lifecycleRows(all: Step[]): string[][] {
    const titles = [...new Set(all.map(({ title }) => title))];
    return titles.map((title) => {
        const took = (way: string) => all.filter((step) => step.title === title).flatMap((step) => step.took[way] ?? []);
        const seconds = (way: string) => (took(way).length === 0 ? "–" : spread(took(way).map((one) => one.seconds)));
        const commands = took("ssh").map((one) => one.commands ?? 0);
        return [title, seconds("socket"), seconds("ssh"), commands.length === 0 ? "–" : String(Math.max(...commands))];
    });
}
