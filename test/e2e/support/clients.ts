import { project } from "../../../lab/paths";
import { attempt, Ran, run } from "../../../lab/run";
import { Outputs, Sidecar } from "./stack";

/** Runs psql in the pooler's container, over TCP, as `postgres` with its password. */
export function psql(on: Sidecar, { pgbouncerContainer }: Outputs, database: string, ...commands: string[]): Promise<Ran> {
    return attempt("docker", [
        "exec", "-e", `PGPASSWORD=${on.lab.databasePassword}`, pgbouncerContainer,
        "psql", "-h", "pgbouncer", "-p", "6432", "-U", "postgres", "-d", database, "-AtX", ...commands.flatMap((command) => ["-c", command]),
    ]); // prettier-ignore
}

/** Makes containers of the test's own on the database's network, and takes them away again. */
export class Clients {
    private readonly names: string[] = [];

    constructor(private readonly on: Sidecar) {}

    /** Starts a script of test/e2e/support/load under this machine's node, in a container. */
    async node(script: string, env: Record<string, string> = {}): Promise<string> {
        return this.start(
            this.on.images.timescaledb,
            ["node", "-r", "/repo/node_modules/ts-node/register/transpile-only", `/repo/test/e2e/support/load/${script}`],
            env,
        );
    }

    /** Starts a shell script of test/e2e/support/load in the pooler's image, for its psql. */
    async shell(script: string, env: Record<string, string> = {}): Promise<string> {
        return this.start(this.on.images.pgbouncer, ["/bin/sh", `/repo/test/e2e/support/load/${script}`], env);
    }

    /** Starts a command in an image. */
    async start(image: string, command: string[], env: Record<string, string>): Promise<string> {
        const name = `test-${this.on.lab.id}-${this.names.length}-${Date.now()}`;
        this.names.push(name);
        const [program, ...args] = command as [string, ...string[]];
        const given = { PGPASSWORD: this.on.lab.databasePassword, ...env };
        await run("docker", [
            "run", "-d", "--init", "--name", name, "--network", this.on.lab.id, "-v", `${process.execPath}:/usr/local/bin/node:ro`, "-v", `${project}:/repo:ro`, "-w", "/repo",
            ...Object.entries(given).flatMap(([key, value]) => ["-e", `${key}=${value}`]), "--entrypoint", program, image, ...args,
        ]); // prettier-ignore
        return name;
    }

    /** What the script has printed so far. */
    async said(name: string): Promise<string> {
        const { stdout, stderr } = await attempt("docker", ["logs", name]);
        return stdout + stderr;
    }

    /** Asks the script to end, waits for it and returns the object that its last line is. */
    async finish<T>(name: string): Promise<T> {
        await run("docker", ["exec", name, "touch", "/tmp/stop"]);
        await run("docker", ["wait", name], { timeout: 60_000 });
        const lines = (await this.said(name)).trim().split("\n");
        return JSON.parse(lines.at(-1)!) as T;
    }

    /** Does `work` while clients connect through the pool in loops, node's pg and psql, for 2 s before it and 2 s after. psql waits for `patience` seconds. `env` is for node. */
    async connecting(
        work: () => Promise<unknown>,
        { patience = 5, user = "postgres", env = {} }: { patience?: number; user?: string; env?: Record<string, string> } = {},
    ): Promise<{ pg: Loop; libpq: Loop; failures: string[]; said: string }> {
        const loops = await Promise.all([
            this.node("reconnect.ts", { PGUSER: user, ...env }),
            this.shell("reconnect.sh", { PGUSER: user, PGCONNECT_TIMEOUT: String(patience) }),
        ]);
        const pause = () => new Promise((resolve) => setTimeout(resolve, 2000));
        await pause();
        await work();
        await pause();
        const [pg, libpq] = await Promise.all([this.finish<Loop>(loops[0]), this.finish<Loop>(loops[1])]);
        const failures = [...pg.failures, ...libpq.failures];
        const all = pg.ok + libpq.ok + failures.length;
        const said = `${failures.length} of ${all} connections failed; none came through for ${(pg.gap ?? NaN).toFixed(1)} s`;
        return { pg, libpq, failures, said };
    }

    async removeAll(): Promise<void> {
        const names = this.names.splice(0);
        if (names.length > 0) await attempt("docker", ["rm", "-f", "-v", ...names]);
    }
}

/** What a loop of connections reports. */
export interface Loop {
    ok: number;
    failures: string[];
    /** Seconds of the longest time in which none came through; only node's loop measures it. */
    gap?: number;
}
