import * as fs from "fs";
import * as path from "path";
import { Client } from "pg";
import { databaseClient, writerName } from "../../../lab/database";
import { Identity, identity } from "../../../lab/identity";
import { Images, images } from "../../../lab/images";
import { inLab, project } from "../../../lab/paths";
import { attempt, Ran, run, until } from "../../../lab/run";
import { environment } from "../../../lab/stackconfig";

export { attempt, run, until };

/** The lab that `lab/lab ensure` made, and what a test does with the stack in it. */
export interface Sidecar {
    lab: Identity;
    images: Images;
    env: Record<string, string>;
}

export async function sidecar(): Promise<Sidecar> {
    const lab = await identity();
    return { lab, images: images(), env: environment(lab) };
}

export interface Outputs {
    pgadminUrl: string;
    pgadminEmail: string;
    pgadminPassword: string;
    pgadminContainer: string;
    poolerAddress: string;
    pgbouncerContainer: string;
    backendBudget: number;
    networks: { sidecar: string; database: string };
}

/** Runs the Pulumi CLI on the lab's stack; the caller judges its exit code. */
export function pulumi({ env }: Sidecar, args: string[], more: { cwd?: string; env?: NodeJS.ProcessEnv } = {}): Promise<Ran> {
    return attempt("pulumi", [...args, "--color", "never", "--non-interactive"], {
        env: { ...env, ...more.env },
        ...(more.cwd ? { cwd: more.cwd } : {}),
        log: `pulumi-${args[0]}`,
    });
}

/** A text as a regular expression that matches it alone. */
export const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

export const changing = ["--yes", "--skip-preview", "--suppress-progress"];

/** Environment of a CLI that `killMarked` finds. */
export const marked = { PULUMI_TEST_MARK: "cut" };

/** Kills the CLI and its plugins with no warning, found by the mark in their environment. */
export async function killMarked(): Promise<void> {
    await attempt("sh", ["-c", "for p in $(grep -lsz '^PULUMI_TEST_MARK=cut' /proc/[0-9]*/environ | cut -d/ -f3); do kill -9 $p; done"]);
}

/** `pulumi up`, which has to succeed. */
export async function up(on: Sidecar): Promise<Outputs> {
    const ran = await pulumi(on, ["up", ...changing]);
    if (ran.code !== 0) throw new Error(`pulumi up failed:\n${ran.stdout}${ran.stderr}`);
    return outputs(on);
}

export async function outputs({ env }: Sidecar): Promise<Outputs> {
    return JSON.parse(await run("pulumi", ["stack", "output", "--json", "--show-secrets"], { env })) as Outputs;
}

export async function setConfig({ env }: Sidecar, key: string, value: string, ...flags: string[]): Promise<void> {
    await run("pulumi", ["config", "set", ...flags, "--", key, value], { env });
}

export async function removeConfig({ env }: Sidecar, key: string): Promise<void> {
    await run("pulumi", ["config", "rm", key], { env });
}

/** Runs a query on the database, directly. */
export async function direct<T = Record<string, unknown>>({ lab }: Sidecar, text: string): Promise<T[]> {
    const client = databaseClient(lab);
    await client.connect();
    try {
        return (await client.query(text)).rows as T[];
    } finally {
        await client.end();
    }
}

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
    async shell(script: string): Promise<string> {
        return this.start(this.on.images.pgbouncer, ["/bin/sh", `/repo/test/e2e/support/load/${script}`], {});
    }

    private async start(image: string, command: string[], env: Record<string, string>): Promise<string> {
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

    /** Does `work` while clients connect through the pool in loops, node's pg and psql, for 2 s before it and 2 s after. */
    async connecting(work: () => Promise<unknown>): Promise<{ pg: Loop; libpq: Loop; failures: string[]; said: string }> {
        const loops = [await this.node("reconnect.ts"), await this.shell("reconnect.sh")] as const;
        const pause = () => new Promise((resolve) => setTimeout(resolve, 2000));
        await pause();
        await work();
        await pause();
        const [pg, libpq] = [await this.finish<Loop>(loops[0]), await this.finish<Loop>(loops[1])];
        const failures = [...pg.failures, ...libpq.failures];
        const all = pg.ok + libpq.ok + failures.length;
        const said = `${failures.length} of ${all} connections failed; none came through for ${(pg.gap ?? NaN).toFixed(1)} s`;
        return { pg, libpq, failures, said };
    }

    async removeAll(): Promise<void> {
        for (const name of this.names.splice(0)) await attempt("docker", ["rm", "-f", "-v", name]);
    }
}

/** What a loop of connections reports. */
export interface Loop {
    ok: number;
    failures: string[];
    /** Seconds of the longest time in which none came through; node's loop tells it. */
    gap?: number;
}

/** What a sampler saw: the most backends, and each look as seconds since its start and backends. */
export interface Sampled {
    most: number;
    samples: number;
    series: [number, number][];
}

/** Samples backends until stopped: those of one container, or the sidecar's, which are all but the writer's, the test's own and the server's. */
export function sampleBackends(on: Sidecar, container?: string): { stop(): Promise<Sampled> } {
    let going = true;
    const sampling = (async () => {
        const of = container ? { only: await address(on, container) } : { but: await strangers(on) };
        const client = databaseClient(on.lab);
        await client.connect();
        const from = Date.now();
        const series: [number, number][] = [];
        while (going) {
            series.push([(Date.now() - from) / 1000, await backends(client, of)]);
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
        await client.end();
        return { most: Math.max(...series.map(([, backends]) => backends)), samples: series.length, series };
    })();
    return {
        stop() {
            going = false;
            return sampling;
        },
    };
}

/** Backends by their client's address on the database's network. */
async function backends(client: Client, { only, but }: { only?: string; but?: string[] }): Promise<number> {
    const { rows } = await client.query(
        `SELECT count(*)::int AS backends FROM pg_stat_activity
          WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND client_addr <> ALL($1::inet[]) AND client_addr = coalesce($2::inet, client_addr)`,
        [but ?? [], only ?? null],
    );
    return (rows[0] as { backends: number }).backends;
}

/** A container's address on the database's network. */
async function address({ lab }: Sidecar, container: string): Promise<string> {
    return (await run("docker", ["inspect", "-f", `{{(index .NetworkSettings.Networks "${lab.id}").IPAddress}}`, container])).trim();
}

/** Addresses on the database's network that are no pooler's: the network's gateway and the writer. */
async function strangers(on: Sidecar): Promise<string[]> {
    const gateway = await run("docker", ["network", "inspect", "-f", "{{(index .IPAM.Config 0).Gateway}}", on.lab.id]);
    return [gateway.trim(), await address(on, writerName(on.lab))];
}

/** The longest pause of the pipeline since `from`, in seconds: from the last row before it on, and until now. */
export async function longestPause(on: Sidecar, from: Date): Promise<{ rows: number; seconds: number }> {
    const [found] = await direct<{ rows: number; seconds: number }>(
        on,
        `WITH since AS (
             SELECT at FROM tracksolid.ingestion_log
              WHERE at >= (SELECT coalesce(max(at), '-infinity') FROM tracksolid.ingestion_log WHERE at <= '${from.toISOString()}')
             UNION ALL SELECT clock_timestamp())
         SELECT count(*)::int - 2 AS rows, extract(epoch FROM max(pause))::float AS seconds
           FROM (SELECT at - lag(at) OVER (ORDER BY at) AS pause FROM since) AS pauses`,
    );
    return found!;
}

/** Names of the stack's containers of one kind. */
export async function containers(kind: "pgbouncer" | "pgadmin"): Promise<string[]> {
    const listed = await run("docker", [
        "ps",
        "-a",
        "--filter",
        "label=pg-sidecar.stack=pg-sidecar/local",
        "--filter",
        `name=${kind}`,
        "--format",
        "{{.Names}}",
    ]);
    return listed.trim().split("\n").filter(Boolean);
}

/** A program like ours, but for one upload of the pooler, whose text `change` (a JavaScript expression over `text`) spoils. */
export function spoiled(file: string, change: string): string {
    const folder = inLab("spoiled");
    fs.mkdirSync(folder, { recursive: true });
    fs.copyFileSync(path.join(project, "Pulumi.yaml"), path.join(folder, "Pulumi.yaml"));
    fs.copyFileSync(path.join(project, "tsconfig.json"), path.join(folder, "tsconfig.json"));
    fs.writeFileSync(
        path.join(folder, "index.ts"),
        `import * as pulumi from "@pulumi/pulumi";
pulumi.runtime.registerStackTransformation(({ type, name, props, opts }) => {
    if (type !== "docker:index/container:Container" || name !== "pgbouncer") return undefined;
    const uploads = props.uploads.map((upload: any) =>
        upload.file.endsWith("/${file}") ? { ...upload, content: pulumi.output(upload.content).apply((text: string) => ${change}) } : upload);
    return { props: { ...props, uploads }, opts };
});
export = require("../../../index");
`,
    );
    return folder;
}

/** Leaves what the containers said in `.lab/log`, the database's too, for a test that failed. */
export async function keepLogs(name: string): Promise<void> {
    const { databaseContainer } = await identity();
    for (const container of [...(await containers("pgbouncer")), ...(await containers("pgadmin")), databaseContainer]) {
        const { stdout, stderr } = await attempt("docker", ["logs", "--tail", "200", container]);
        fs.writeFileSync(inLab("log", `${name}-${container}.log`), stdout + stderr);
    }
}
