import { get } from "../../host/engine";
import { exec } from "../../host/exec";
import { Target } from "../verify/target";
import { Generator } from "./generator";
import { Machine } from "./results";

/** What the figures were measured on. */
export async function describeMachine({ docker, outputs }: Target, generator: Generator): Promise<Machine> {
    const info = (await get<{ NCPU: number; MemTotal: number; KernelVersion: string; ServerVersion: string }>(docker, "/info"))!;
    const cpu = await generator.run(generator.direct, ["sed", "-n", "s/^model name[^:]*: *//p", "/proc/cpuinfo"]);
    const pgbouncer = await exec(docker, outputs.pgbouncerContainer, ["pgbouncer", "-V"]);
    return {
        cpus: info.NCPU,
        model: cpu.stdout.split("\n")[0]!.trim(),
        memory: info.MemTotal,
        kernel: info.KernelVersion,
        engine: info.ServerVersion,
        database: await generator.ask(generator.direct, "SHOW server_version"),
        pgbouncer: /PgBouncer (\S+)/.exec(pgbouncer.stdout)?.[1] ?? "unknown",
    };
}
