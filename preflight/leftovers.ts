import { execFile } from "child_process";
import { promisify } from "util";
import * as pulumi from "@pulumi/pulumi";
import { Settings } from "../settings";
import { connect, DatabaseFacts } from "./database";
import { HostFacts } from "./dockerhost";
import { tell } from "./engine";

/** What a run that was cut made, but could not write down any more: it carries the stack's mark, and the state doesn't know it. */
export interface Leftovers {
    role: boolean;
    lookupFunction: boolean;
    /** Containers and networks, by id. */
    containers: string[];
    networks: string[];
}

interface StackState {
    deployment: { resources?: { type: string; id?: string }[] };
}

/** What carries the mark of `owner` without being in its state. */
export function findLeftovers(state: StackState, owner: string, database?: DatabaseFacts, host?: HostFacts): Leftovers {
    const known = state.deployment.resources ?? [];
    const ids = new Set(known.map(({ id }) => id));
    const unknown = (facts: { id: string; owner?: string }[] = []) =>
        facts.filter((one) => one.owner === owner && !ids.has(one.id)).map(({ id }) => id);
    return {
        role: database?.roleOwner === owner && !known.some(({ type }) => type === "postgresql:index/role:Role"),
        lookupFunction: database?.functionOwner === owner && !known.some(({ type }) => type === "postgresql:index/function:Function"),
        containers: unknown(host?.containers),
        networks: unknown(host?.networks),
    };
}

/** The stack's state as it stood before this run; the CLI that runs the program reads it from whatever backend it uses. */
export async function readState(stack: string): Promise<StackState> {
    const { stdout } = await promisify(execFile)("pulumi", ["stack", "export", "--stack", stack], { maxBuffer: 1 << 28 });
    return JSON.parse(stdout) as StackState;
}

/** Takes the leftovers away, so that this run can make them anew and none serves on unseen. */
export async function removeLeftovers(settings: Settings, { role, lookupFunction, containers, networks }: Leftovers): Promise<void> {
    const { docker, authUser, authFunction, databases } = settings;
    const what = [
        ...(role ? [`role ${authUser}`] : []),
        ...(lookupFunction ? [`function ${authFunction}`] : []),
        ...containers.map((id) => `container ${id.slice(0, 12)}`),
        ...networks.map((id) => `network ${id.slice(0, 12)}`),
    ];
    if (what.length === 0) return;
    await pulumi.log.warn(`removing what an earlier run of this stack made, but was cut before it could write down: ${what.join(", ")}`);
    for (const id of containers) {
        await tell(docker, "POST", `/containers/${id}/stop?t=10`);
        await tell(docker, "DELETE", `/containers/${id}?force=true&v=true`);
    }
    for (const id of networks) await tell(docker, "DELETE", `/networks/${id}`);
    if (role || lookupFunction) {
        const client = await connect(settings, databases[0]!);
        try {
            if (lookupFunction) await client.query(`DROP FUNCTION ${authFunction}(text)`);
            if (role) await client.query(`DROP OWNED BY "${authUser}"; DROP ROLE "${authUser}"`);
        } finally {
            await client.end();
        }
    }
}
