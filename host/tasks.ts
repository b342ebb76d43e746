import { DockerHost } from "../settings/settings";

/** Requests to one engine at the same time, over its socket or TCP. */
const concurrency = 8;

/**
 * Runs tasks that call a Docker host, and returns their results in the tasks' order. Up to 8 run at the same time. Over ssh
 * it is one: requests at the same time are sessions of the shared connection or, without one, logins of their own, and sshd
 * accepts few of either at once (MaxSessions, MaxStartups: 10 by default). Rejects with the first failure, after which no further task begins.
 */
export async function runTasks<T>(docker: DockerHost, tasks: (() => Promise<T>)[]): Promise<T[]> {
    const results: T[] = [];
    let next = 0;
    let failed = false;
    const work = async () => {
        while (next < tasks.length && !failed) {
            const at = next++;
            try {
                results[at] = await tasks[at]!();
            } catch (cause) {
                failed = true;
                throw cause;
            }
        }
    };
    await Promise.all(Array.from({ length: docker.host.startsWith("ssh:") ? 1 : concurrency }, work));
    return results;
}
