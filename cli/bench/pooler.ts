import { setTimeout } from "timers/promises";
import { openFiles } from "../../components/pgbouncer/budget";
import { makeAuthority, makeCertificate } from "../../components/pgbouncer/certificate";
import { numbers, PgbouncerIni, renderInis, renderUserlist } from "../../components/pgbouncer/ini";
import { settingsDir, settingsFiles, settingsName } from "../../components/pgbouncer/reload";
import { clientTlsFiles } from "../../components/pgbouncer/tls";
import { readLog } from "../../host/containers";
import { get } from "../../host/engine";
import { exec } from "../../host/exec";
import { consoleCommand, parseRows } from "../verify/console";
import { Target } from "../verify/target";
import { createPooler, killContainer, mostFiles, startContainer } from "./containers";
import { Endpoint } from "./generator";
import { Variant } from "./variants";

/** The parts of a container that another one is made from. */
interface Inspected {
    Image: string;
    Config: { Entrypoint: string[]; Cmd: string[] | null; Env: string[] };
    HostConfig: Record<string, unknown>;
}

/** What bench's poolers have in common with the stack's. */
export interface Model {
    inspected: Inspected;
    ini: PgbouncerIni;
    /** Password of the lookup role. */
    password: string;
}

/** Reads what the stack's pooler is made of. `ini` has the configured settings; the password is read from the pooler. */
export async function readModel({ docker, outputs, deployed }: Target, ini: PgbouncerIni): Promise<Model> {
    const inspected = await get<Inspected>(docker, `/containers/${outputs.pgbouncerContainer}/json`);
    if (!inspected) throw new Error(`the pooler ${outputs.pgbouncerContainer} is gone`);
    const { stdout } = await exec(docker, outputs.pgbouncerContainer, ["cat", "/tmp/userlist.txt"]);
    const password = new RegExp(`^"${deployed.authUser}" "(.*)"$`, "m").exec(stdout)?.[1];
    if (!password) throw new Error(`the pooler ${outputs.pgbouncerContainer} does not serve with the role ${deployed.authUser}`);
    return { inspected, ini: modelIni(ini, deployed), password };
}

/** The settings of bench's poolers: those of the stack's that runs, where its outputs have them, as bench's load is bound by them. */
export function modelIni(ini: PgbouncerIni, deployed: Target["deployed"]): PgbouncerIni {
    // No exporter looks at bench's poolers, and they have no file of who may log in by a socket.
    return { ...ini, ...deployed, metrics: false };
}

/** A copy of the stack's pooler with other settings, on the database's network alone. */
export class BenchPooler {
    private constructor(
        private readonly target: Target,
        readonly container: string,
        readonly endpoint: Endpoint,
        private readonly processes: number,
    ) {}

    /** Creates it with its files on a volume of its own. */
    static async create(target: Target, { inspected, ini, password }: Model, variant: Variant): Promise<BenchPooler> {
        const { owner, deployed } = target;
        const name = `sidecar-bench-${variant.name}`;
        const its = { ...ini, ...variant.changes };
        const certificates = variant.tls ? clientTlsFiles(await makeCertificate(await makeAuthority(owner), name)) : [];
        const inis = renderInis(its).map((text) => variant.edit?.(text) ?? text);
        const files = { inis, userlist: renderUserlist(its.authUser, password), openFiles: openFiles(its), certificates };
        const nofile = Math.max(mostFiles, files.openFiles);
        const { Entrypoint, Cmd, Env } = inspected.Config;
        const container = await createPooler(target, name, {
            image: inspected.Image,
            files: [...settingsFiles(files), { name: "current", text: `${settingsName(files)}\n` }],
            folder: settingsDir,
            settings: {
                Entrypoint,
                Cmd: Cmd ?? [],
                Env,
                HostConfig: { ...inspected.HostConfig, Ulimits: [{ Name: "nofile", Soft: nofile, Hard: nofile }] },
            },
        });
        const endpoint = { host: name, port: deployed.listenPort, sslmode: variant.tls ? "require" : "disable" } as const;
        return new BenchPooler(target, container, endpoint, its.processes);
    }

    /** Starts it, and waits until it serves. */
    async start(): Promise<void> {
        const { docker } = this.target;
        await startContainer(docker, this.container);
        for (let attempt = 0; attempt < 150; attempt++) {
            const loaded = await exec(docker, this.container, ["test", "-s", "/tmp/loaded"]).catch(() => undefined);
            if (loaded?.code === 0) return;
            await setTimeout(200);
        }
        const log = await readLog(docker, this.container, 3);
        throw new Error(
            `the pooler ${this.endpoint.host} does not serve within 30 s: ${(log?.stdout ?? "").trim().replaceAll("\n", "; ")}`,
        );
    }

    /** Ends it, if it runs; its backends end with it. */
    stop(): Promise<unknown> {
        return killContainer(this.target.docker, this.container);
    }

    /** Microseconds that a client waited for a backend in each transaction, on average since the start. */
    async wait(): Promise<number> {
        const totals = { transactions: 0, microseconds: 0 };
        for (const number of numbers(this.processes)) {
            const psql = consoleCommand(number, this.endpoint.port);
            const asked = await exec(this.target.docker, this.container, [...psql, "-c", "SHOW STATS"]);
            const rows = parseRows(asked.stdout);
            const sum = (name: string) => rows.reduce((total, row) => total + Number(row[name] ?? 0), 0);
            totals.transactions += sum("total_xact_count");
            totals.microseconds += sum("total_wait_time");
        }
        if (!(totals.transactions > 0)) throw new Error(`the console of ${this.endpoint.host} has no transaction`);
        return totals.microseconds / totals.transactions;
    }

    /** Bytes of memory that its processes of pgbouncer hold, the sum of their resident sets. */
    async residentMemory(): Promise<number> {
        const script = `for pid in $(pidof pgbouncer); do awk '/^VmRSS/ { print $2 }' /proc/$pid/status; done`;
        const { stdout } = await exec(this.target.docker, this.container, ["sh", "-c", script]);
        const bytes = stdout
            .trim()
            .split("\n")
            .reduce((sum, kilobytes) => sum + Number(kilobytes) * 1024, 0);
        if (!(bytes > 0)) throw new Error(`the memory of pgbouncer in ${this.endpoint.host} can't be read`);
        return bytes;
    }
}
