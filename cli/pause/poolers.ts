import { randomBytes } from "crypto";
import { filesDir } from "../../components/names";
import { inspectContainers } from "../../host/containers";
import { exec, ExecResult } from "../../host/exec";
import { DockerHost } from "../../settings/settings";

/** Exit codes of the script `pause` in a pooler's container. */
export const codes = { anotherPause: 3, servesNobody: 4, transactionsOpen: 5, endedBefore: 6 } as const;

/** What one pooler said. */
export interface Answer extends ExecResult {
    pooler: string;
}

/** What can be asked of a stack's poolers; each resolves with the answer of every pooler that runs. */
export interface Poolers {
    /** Pauses them. Open transactions get `transactions` seconds to end; clients continue after `atMost` seconds. */
    begin(times: { transactions: number; atMost: number }): Promise<Answer[]>;
    /** Does the database answer? */
    answers(): Promise<Answer[]>;
    end(): Promise<Answer[]>;
}

/** The poolers that run now, asked through the Docker engine: one that is replaced meanwhile is left out, and the new one is asked. */
export function runningPoolers(docker: DockerHost, owner: string): Poolers {
    const whose = randomBytes(6).toString("hex");
    const ask = async (args: string[], seconds: number): Promise<Answer[]> => {
        const running = (await inspectContainers(docker, owner)).filter(
            (one) => one.running && one.env.some((variable) => variable.startsWith("SIDECAR_PORT=")),
        );
        return Promise.all(
            running.map(async ({ id, name }) => {
                const command = ["timeout", String(seconds), `${filesDir}/pause`, ...args];
                return { pooler: name, ...(await exec(docker, id, command, { timeout: (seconds + 5) * 1000 })) };
            }),
        );
    };
    return {
        begin: ({ transactions, atMost }) => ask(["begin", whose, String(transactions), String(atMost)], transactions + 20),
        answers: () => ask(["answers"], 15),
        end: () => ask(["end", whose], 20),
    };
}
