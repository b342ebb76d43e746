import { median } from "../../../cli/statistics";
import { EngineStats } from "../../../cli/bench/usage";

const fixed = (value: number, digits: number) => (Number.isNaN(value) ? "–" : value.toFixed(digits));

/** Seconds as "median (least–most)". */
export const spread = (seconds: number[]) =>
    `${fixed(median(seconds), 1)} s (${fixed(Math.min(...seconds), 1)}–${fixed(Math.max(...seconds), 1)})`;

/** Median and worst of durations, in seconds. */
export const medianAndWorst = (seconds: number[]) => `${fixed(median(seconds), 2)} s; ${fixed(Math.max(...seconds), 2)} s`;

/** A share of one core. */
export const percent = (value: number) => `${fixed(value, 2)} %`;

/** What a container used between two looks. */
export interface Used {
    /** Percent of one core. */
    cpu: number;
    /** MiB at the second look, without the page cache that the kernel can drop; as `docker stats` has it. */
    memory: number;
}

/** Compares two looks at a container. */
export function used(before: EngineStats, after: EngineStats): Used {
    const nanoseconds = after.cpu_stats.cpu_usage.total_usage - before.cpu_stats.cpu_usage.total_usage;
    const { usage = 0, stats = {} } = after.memory_stats;
    const cache = stats.total_inactive_file ?? stats.inactive_file ?? 0; // cgroups of version 1, and of 2
    return {
        cpu: nanoseconds / 1e4 / (Date.parse(after.read) - Date.parse(before.read)),
        memory: (usage - cache) / 2 ** 20,
    };
}
