import { get } from "../../host/engine";
import { DockerHost } from "../../settings/settings";

/** What the engine's stats API says of a container, as far as it is needed. */
export interface EngineStats {
    /** ISO time. */
    read: string;
    cpu_stats: { cpu_usage: { total_usage: number } };
    memory_stats: { usage?: number; stats?: Record<string, number> };
}

/** One look at what a container has used. Throws if there is none. */
export async function readStats(docker: DockerHost, container: string): Promise<EngineStats> {
    const stats = await get<EngineStats>(docker, `/containers/${container}/stats?stream=false&one-shot=true`);
    if (!stats) throw new Error(`there is no container ${container}`);
    return stats;
}

/** Microseconds of CPU time that all programs in the container have used, by the engine's count of its cgroup. */
const cpuTime = async (docker: DockerHost, container: string) =>
    (await readStats(docker, container)).cpu_stats.cpu_usage.total_usage / 1000;

/** Measures the CPU time that containers use while something is done; microseconds by their names. */
export async function cpuWhile<T, Name extends string>(
    docker: DockerHost,
    containers: Record<Name, string>,
    work: () => Promise<T>,
): Promise<{ result: T; cpu: Record<Name, number> }> {
    const names = Object.keys(containers) as Name[];
    const read = () => Promise.all(names.map((name) => cpuTime(docker, containers[name])));
    const before = await read();
    const result = await work();
    const after = await read();
    return { result, cpu: Object.fromEntries(names.map((name, at) => [name, after[at]! - before[at]!])) as Record<Name, number> };
}
