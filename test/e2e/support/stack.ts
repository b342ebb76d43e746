import * as fs from "fs";
import { Identity, identity } from "../../../lab/identity";
import { Images, images } from "../../../lab/images";
import { inLab } from "../../../lab/paths";
import { attempt, Ran, run, until } from "../../../lab/run";
import { environment } from "../../../lab/stackconfig";
import { Clients, psql } from "./clients";
import { changeConfig, configKey } from "./config";
import { isDeployed, noteDeployed } from "./deployed";

/** The lab that `./sidecar ensure` made, and what a test does with the stack in it. */
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
    /** If there is a role of pgAdmin's people. */
    pgadminRolePassword?: string;
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

export const changing = ["--yes", "--skip-preview", "--suppress-progress"];

/** Environment of a CLI that `killMarked` finds. */
export const marked = { PULUMI_TEST_MARK: "cut" };

/** Kills the CLI and its plugins with no warning, found by the mark in their environment. */
export async function killMarked(): Promise<void> {
    await attempt("sh", ["-c", "for p in $(grep -lsz '^PULUMI_TEST_MARK=cut' /proc/[0-9]*/environ | cut -d/ -f3); do kill -9 $p; done"]);
}

/** Flags of an `up` that replaces the pooler, as another image does. */
export const replacing = ["--replace", "**Container::pgbouncer"];

/** `pulumi up`, which has to succeed. */
export async function up(on: Sidecar, ...flags: string[]): Promise<Outputs> {
    const ran = await pulumi(on, ["up", ...changing, ...flags]);
    if (ran.code !== 0) throw new Error(`pulumi up failed:\n${ran.stdout}${ran.stderr}`);
    noteDeployed(on);
    return outputs(on);
}

/** `pulumi up`, which has to succeed and to find nothing to do. */
export async function upWithoutChanges(on: Sidecar): Promise<void> {
    await up(on, "--expect-no-changes");
}

export async function outputs({ env }: Sidecar): Promise<Outputs> {
    return JSON.parse(await run("pulumi", ["stack", "output", "--json", "--show-secrets"], { env })) as Outputs;
}

/** Sets one of the stack's settings: with flags by the CLI, else in the stack's file, which takes no time. */
export async function setConfig({ env }: Sidecar, key: string, value: string, ...flags: string[]): Promise<void> {
    if (flags.length > 0) await run("pulumi", ["config", "set", ...flags, "--", key, value], { env });
    else changeConfig(env, (config) => (config[configKey(key)] = value));
}

export function removeConfig({ env }: Sidecar, key: string): Promise<void> {
    changeConfig(env, (config) => delete config[configKey(key)]);
    return Promise.resolve();
}

/** Names of the stack's containers of one kind. */
export async function containers(kind: "pgbouncer" | "pgadmin" | `metrics-${string}`): Promise<string[]> {
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

/** Leaves what the containers said in `.lab/log`, the database's too, for a test that failed. */
export async function keepLogs(name: string): Promise<void> {
    const { databaseContainer } = await identity();
    for (const container of [...(await containers("pgbouncer")), ...(await containers("pgadmin")), databaseContainer]) {
        const { stdout, stderr } = await attempt("docker", ["logs", "--tail", "200", container]);
        fs.writeFileSync(inLab("log", `${name}-${container}.log`), stdout + stderr);
    }
}

/** The lab's stack as the tests of one file share it. */
export class Stack implements Sidecar {
    lab!: Identity;
    images!: Images;
    env!: Record<string, string>;
    /** The outputs of the last `up`; a test that deploys in another way sets them. */
    out!: Outputs;
    readonly clients = new Clients(this);

    /** Whether a query comes back through the pool. */
    readonly pooledAnswers = async () => (await psql(this, this.out, "tracksolid_db", "SELECT 1")).code === 0;

    async up(...flags: string[]): Promise<Outputs> {
        return (this.out = await up(this, ...flags));
    }

    /** Makes sure that the stack is deployed and serves; an `up` is only needed if something has happened since this run's last one. */
    async deployed(): Promise<Outputs> {
        if (!isDeployed(this)) return this.up();
        this.out = await outputs(this);
        const both = [this.out.pgbouncerContainer, this.out.pgadminContainer];
        const serves = async () => {
            const states = await run("docker", ["inspect", "-f", "{{.State.Health.Status}}", ...both]);
            return states === "healthy\nhealthy\n" && (await this.pooledAnswers());
        };
        return until("the stack to serve", 30, serves).then(() => this.out, () => this.up()); // prettier-ignore
    }
}

/**
 * Gives a file's tests the stack, deployed and serving before the first of them unless `deployed` is false. Each test's clients are removed
 * after it, and the containers' logs are kept at the end under the file's name.
 */
export function useStack(name: string, { deployed = true } = {}): Stack {
    const stack = new Stack();
    beforeAll(async () => {
        Object.assign(stack, await sidecar());
        if (deployed) await stack.deployed();
    });
    afterEach(() => stack.clients.removeAll());
    afterAll(() => keepLogs(name));
    return stack;
}
