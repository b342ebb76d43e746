import * as fs from "fs";
import { dump, load } from "js-yaml";
import * as path from "path";
import { socket } from "./engine";
import { writeWhole } from "./files";
import { Identity } from "./identity";
import { images } from "./images";
import { isLeftLocked } from "./locks";
import { inLab, project } from "./paths";
import { run } from "./run";
import { say } from "./step";
import { bin } from "./toolchain";

interface StackConfig {
    encryptionsalt?: string;
    config: Record<string, unknown>;
}

const folder = inLab("stack");

/** The environment in which plain `pulumi`, `docker` and `psql` work on the lab. */
export function environment(lab: Identity): Record<string, string> {
    const own = fs.existsSync(path.join(bin, "pulumi")) || fs.existsSync(path.join(bin, "pulumi-resource-docker"));
    return {
        ...(own
            ? {
                  PATH: `${bin}:${(process.env.PATH ?? "")
                      .split(":")
                      .filter((dir) => dir !== bin)
                      .join(":")}`,
              }
            : {}),
        PULUMI_HOME: inLab("pulumi-home"),
        PULUMI_BACKEND_URL: `file://${inLab("state")}`,
        PULUMI_CONFIG_PASSPHRASE: lab.passphrase,
        PULUMI_SKIP_UPDATE_CHECK: "true",
        // The committed Pulumi.local.yaml stays as it is: the CLI reads and writes this copy.
        PULUMI_OPTION_CONFIG_FILE: path.join(folder, "Pulumi.local.yaml"),
        PULUMI_STACK: "local",
        DOCKER_HOST: process.env.DOCKER_HOST ?? socket,
        PGHOST: "127.0.0.1",
        PGPORT: String(lab.databasePort),
        PGUSER: "postgres",
        PGPASSWORD: lab.databasePassword,
        PGDATABASE: "tracksolid_db",
    };
}

/** Lays what only the lab knows over the committed Pulumi.local.yaml, and makes sure that the stack exists. */
export async function ensureStack(lab: Identity): Promise<string> {
    const file = path.join(folder, "Pulumi.local.yaml");
    fs.mkdirSync(inLab("state"), { recursive: true });
    fs.mkdirSync(folder, { recursive: true });
    // `stack init` writes its salt beside the Pulumi.yaml it finds: here, it finds a copy.
    fs.copyFileSync(path.join(project, "Pulumi.yaml"), path.join(folder, "Pulumi.yaml"));
    const env = environment(lab);
    const before = fs.existsSync(file) ? (load(fs.readFileSync(file, "utf8")) as StackConfig) : undefined;
    const { pgbouncer, pgadmin } = images();
    const committed = load(fs.readFileSync(path.join(project, "lab/Pulumi.local.yaml"), "utf8")) as StackConfig;
    const config: StackConfig = {
        ...(before?.encryptionsalt ? { encryptionsalt: before.encryptionsalt } : {}),
        config: {
            ...committed.config,
            ...before?.config, // settings made by hand in the lab stay
            "docker:host": env.DOCKER_HOST,
            "postgresql:host": "127.0.0.1",
            "postgresql:port": String(lab.databasePort),
            "pg-sidecar:databaseNetwork": lab.id,
            "pg-sidecar:pgbouncerImage": pgbouncer,
            "pg-sidecar:pgadminImage": pgadmin,
            "pg-sidecar:pgadminPort": String(lab.pgadminPort),
        },
    };
    writeWhole(file, dump(config));
    if (isLeftLocked(inLab("state/.pulumi/locks/organization/pg-sidecar/local"))) {
        say("stack", "releasing the lock of a run that is gone");
        await run("pulumi", ["cancel", "--yes", "--stack", "local"], { env, cwd: folder });
    }
    const stacks = JSON.parse(await run("pulumi", ["stack", "ls", "--json"], { env, cwd: folder })) as { name: string }[];
    if (!stacks.some(({ name }) => name === "local")) await run("pulumi", ["stack", "init", "local"], { env, cwd: folder });
    return "local, its settings in .lab/stack/Pulumi.local.yaml";
}
