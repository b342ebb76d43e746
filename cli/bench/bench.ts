import * as fs from "fs";
import { UserError } from "../../findings/errors";
import { chosenNames, misused } from "../command";
import { useLab } from "../labstack";
import { Signals } from "../pause/signals";
import { configuredSettings } from "../stack";
import { fromCaller } from "../terminal";
import { findTarget } from "../verify/target";
import { roomFor } from "./allowed";
import { BenchOptions } from "./command";
import { measureConnections } from "./connections";
import { refuseSecond, removeAll } from "./containers";
import { Context, Interrupted } from "./context";
import { Generator } from "./generator";
import { fixedRates, measureLatency } from "./latency";
import { describeMachine } from "./machine";
import { measureMemory } from "./memory";
import { makePlayground, removePlayground } from "./playground";
import { readModel } from "./pooler";
import { measureProfile } from "./profile";
import { Results } from "./results";
import { rivals, rivalWays } from "./rivals/benchrival";
import { tables } from "./table";
import { measureThroughput, scaleFor } from "./throughput";
import { withDatabaseTls } from "./tls";
import { variants } from "./variants";
import { waysOf } from "./ways";

const called = "./sidecar bench";

const parts = ["throughput", "latency", "connections", "memory", "profile"] as const;

/** The parts that load the database fully, and so need --saturate on a stack that is not the lab's. */
const saturating: readonly string[] = ["throughput", "connections"];

/** Measures a deployed stack, and prints tables. The exit code is 1 if a measurement failed. */
export async function bench(options: BenchOptions): Promise<number> {
    const names = [...variants, ...rivals].map(({ name }) => name);
    const wanted = {
        parts: chosenNames({ called, option: "--only", given: options.only, all: parts }),
        variants: chosenNames({ called, option: "--variants", given: options.variants, all: names }),
    };
    const lab = await useLab(options.stack);
    if (!lab) refuseUnmeasured(options, wanted.parts);
    const file = options.json === undefined ? undefined : writable(options.json);
    const signals = new Signals(() => console.error("bench: ending after this measurement"));
    try {
        const run = () => measure(options, { ...wanted, lab, signals });
        const { results, failures } = await (lab && wanted.variants.includes("tls-database") ? withDatabaseTls(run) : run());
        console.log(tables(results));
        if (file !== undefined) fs.writeFileSync(file, JSON.stringify(results, undefined, 1) + "\n");
        if (signals.exitCode !== undefined) return signals.exitCode;
        if (options.docs) (await import("./document")).document(results);
        return failures === 0 ? 0 : 1;
    } finally {
        signals.stop();
    }
}

/** Throws a Misused if --only names a part that is not measured without --saturate: bench would make everything and leave it out. */
function refuseUnmeasured({ only, saturate, stack }: BenchOptions, wanted: readonly string[]): void {
    const left = only === undefined || saturate ? [] : wanted.filter((part) => saturating.includes(part));
    if (left.length === 0) return;
    throw misused(
        called,
        `--only: stack ${stack} is not the lab's, so add --saturate for ${left.join(" and ")}: its database is busy meanwhile`,
    );
}

/** The file of --json, in the folder from which ./sidecar was called. Throws a UserError if it can't be written: to know it after hours is too late. */
function writable(json: string): string {
    const file = fromCaller(json);
    try {
        fs.closeSync(fs.openSync(file, "a"));
    } catch (cause) {
        throw new UserError(
            `--json: ${file} can't be written: ${(cause as Error).message}`,
            "name a file that you may write, in a folder that exists",
        );
    }
    return file;
}

interface Wanted {
    parts: readonly string[];
    variants: readonly string[];
    /** Whether the stack is the lab's. */
    lab: boolean;
    signals: Signals;
}

async function measure({ stack, ...options }: BenchOptions, { parts, variants: names, lab, signals }: Wanted) {
    const started = Date.now();
    if (parts.includes("profile") && !lab && options.only) console.error("bench: no profile: only the lab's engine is on this machine");
    const target = await findTarget(stack);
    const room = await roomFor(target);
    const saturate = lab || options.saturate === true;
    const clients = options.clients ?? [1, 10, 30, 100, 200];
    await refuseSecond(target);
    await removeAll(target); // what an interrupted run left
    const ground = await makePlayground(target);
    try {
        const generator = await Generator.start(target, ground);
        console.error("bench: making rows");
        await generator.makeRows(scaleFor({ parts, saturate, clients }));
        const model = await readModel(target, await configuredSettings(stack));
        const chosen = variants.filter(({ name }) => names.includes(name));
        const ways = await waysOf(target, model, generator, chosen);
        if (lab) ways.push(...(await rivalWays(target, model, ground, names)));
        const length = { seconds: options.seconds ?? (options.quick ? 5 : 60), rounds: options.rounds ?? 3 };
        const on = new Context({ docker: target.docker, generator, ways, ...length, room, signals });
        const results: Results = {
            ...{ at: "", minutes: 0, machine: await describeMachine(target, generator), ...length },
            ways: Object.fromEntries(ways.map(({ name, is }) => [name, is])),
            ...{ throughput: [], latency: [], connections: [], memory: { idle: [] } },
            ...(lab && { profile: [] }),
        };
        try {
            if (parts.includes("throughput") && saturate) await measureThroughput(on, clients, results.throughput);
            if (parts.includes("latency")) await measureLatency(on, results, saturate ? fixedRates : fixedRates.slice(0, 1));
            if (parts.includes("connections") && saturate) await measureConnections(on, results.connections);
            const idle = saturate ? [200, 1000, 10_000] : [200, 1000];
            if (parts.includes("memory")) await measureMemory(on, { target, model, counts: idle }, results.memory);
            if (parts.includes("profile") && results.profile) await measureProfile(on, results.profile);
        } catch (cause) {
            if (!(cause instanceof Interrupted)) throw cause; // what was measured until now is worth showing
        }
        Object.assign(results, { at: new Date().toISOString(), minutes: Math.round((Date.now() - started) / 60_000) });
        return { results, failures: on.failures };
    } finally {
        const ended = await Promise.allSettled([removeAll(target), removeLater(stack)]);
        for (const one of ended)
            if (one.status === "rejected") console.error(`bench: not all is removed: ${(one.reason as Error).message}`);
    }
}

/** Drops the role and the schema, through the pooler that serves by now. */
const removeLater = async (stack: string) => removePlayground(await findTarget(stack));
