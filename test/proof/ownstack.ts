import * as fs from "fs";
import { dump, load } from "js-yaml";
import * as path from "path";
import { freePort } from "../../lab/identity";
import { writeWhole } from "../../lab/files";
import { inLab, project } from "../../lab/paths";
import { attempt, run } from "../../lab/run";
import { Sidecar } from "../e2e/support/stack";
import { OldServer } from "./oldserver";

interface StackConfig {
    config: Record<string, unknown>;
}

export const stack = "versions";
const folder = inLab(stack);
const volume = `pgadmin-data-${stack}`;

/** What has the CLI and the commands work on the stack of this proof. */
export function environment(on: Sidecar, server?: OldServer): Record<string, string> {
    return {
        ...on.env,
        PULUMI_STACK: stack,
        PULUMI_OPTION_CONFIG_FILE: path.join(folder, `Pulumi.${stack}.yaml`),
        ...(server ? { PGPORT: String(server.port) } : {}),
    };
}

/** Makes the stack beside the lab's, in the same backend, with the same settings but for the database and what no two stacks share. */
export async function make(on: Sidecar, server: OldServer): Promise<Record<string, string>> {
    const env = environment(on, server);
    const file = env.PULUMI_OPTION_CONFIG_FILE!;
    fs.mkdirSync(folder, { recursive: true });
    fs.rmSync(file, { force: true });
    fs.copyFileSync(path.join(project, "Pulumi.yaml"), path.join(folder, "Pulumi.yaml")); // `stack init` writes its salt beside it
    await run("pulumi", ["stack", "init", stack], { env: { ...env, PULUMI_OPTION_CONFIG_FILE: "" }, cwd: folder });
    const made = load(fs.readFileSync(file, "utf8")) as StackConfig;
    const lab = load(fs.readFileSync(on.env.PULUMI_OPTION_CONFIG_FILE!, "utf8")) as StackConfig;
    const config = {
        ...lab.config,
        "postgresql:port": String(server.port),
        "pg-sidecar:databaseNetwork": server.network,
        "pg-sidecar:pgadminPort": String(await freePort(on.lab.pgadminPort + 1)),
        "pg-sidecar:pgadminVolume": volume,
    };
    writeWhole(file, dump({ ...made, config }));
    return env;
}

/** Takes away the stack and all that it made on the engine, also after a run that was cut. */
export async function clear(on: Sidecar): Promise<void> {
    await attempt("pulumi", ["stack", "rm", "--stack", stack, "--force", "--yes", "--preserve-config"], { env: environment(on) });
    const mine = ["--filter", `label=pg-sidecar.stack=pg-sidecar/${stack}`, "-q"];
    const ids = async (args: string[]) => (await run("docker", [...args, ...mine])).split("\n").filter(Boolean);
    for (const id of await ids(["ps", "-a"])) await attempt("docker", ["rm", "-f", "-v", id]);
    for (const id of await ids(["network", "ls"])) await attempt("docker", ["network", "rm", id]);
    await attempt("docker", ["volume", "rm", volume]);
}
