import { createHash } from "crypto";
import * as fs from "fs";
import { UserError } from "../../findings/errors";
import { inspectContainers, removeContainer } from "../../host/containers";
import { post, request } from "../../host/engine";
import { exec, ExecResult } from "../../host/exec";
import { DockerHost } from "../../settings/settings";
import { withoutSecrets } from "../failure";
import { stackLabel } from "../labels";
import { configDir } from "./ini";
import { scriptFile } from "./roll";

/** Where the pooler's container has the volume of its settings. */
export const settingsDir = `${configDir}/settings`; // as `common` and `write` have it

/** What pgbouncer takes by a reload. */
export interface PoolerFiles {
    /** The ini of each process. */
    inis: string[];
    /** userlist.txt, a secret. */
    userlist: string;
    /** Open files that the pooler needs. */
    openFiles: number;
}

/** What puts settings in force. */
export interface Reload {
    /** The stack that they are for, `project/stack`. */
    owner: string;
    files: PoolerFiles;
    /** The volume of the settings. */
    volume: string;
    /** Id of pgbouncer's image, which is on the host already. */
    image: string;
}

/** Name of these settings on the volume. */
export function settingsName({ inis, userlist, openFiles }: PoolerFiles): string {
    return createHash("sha256")
        .update([...inis, userlist, openFiles].join("\0"))
        .digest("hex")
        .slice(0, 16);
}

/** Seconds for `accept`, which limits itself to 10 s for the proof and 10 s for the reload, and to a last look at each. */
const seconds = 40;
const timeout = (seconds + 5) * 1000;

/**
 * Puts settings in force. Each running pooler of the stack first proves them beside what it serves, then reloads: no session ends.
 * Throws a UserError with pgbouncer's words if one refuses them; it then keeps the settings that it has. If none serves, they
 * are written for the one to come, which proves them before it listens.
 */
export async function reloadSettings(docker: DockerHost, { owner, files, volume, image }: Reload): Promise<void> {
    const name = settingsName(files);
    const poolers = (await inspectContainers(docker, owner)).filter((one) => one.status === "running" && one.volumes.includes(volume));
    let serving = 0;
    for (const pooler of poolers) {
        const accept = () => exec(docker, pooler.id, ["timeout", String(seconds), `${configDir}/accept`, name], {}, { timeout });
        let accepted = await accept();
        if (accepted.code === 3) {
            await write(docker, pooler.id, files);
            accepted = await accept();
        }
        if (accepted.code === 4) continue;
        serving += 1;
        if (accepted.code !== 0) throw refusal(pooler.name, accepted, files);
    }
    if (serving === 0) await writeForNext(docker, { owner, files, volume, image });
}

function refusal(pooler: string, { code, stdout, stderr }: ExecResult, { userlist }: PoolerFiles): UserError {
    const password = userlist.split('"').at(-2) ?? "";
    const said = withoutSecrets(`${stdout}${stderr}`, [password]).trim() || `nothing (exit code ${code})`;
    return new UserError(
        `${pooler} does not accept the changed settings, and keeps those that it has. It says:\n${said.replace(/^/gm, "    ")}`,
        "set back what was changed, or fix what these lines say; then pulumi up again",
    );
}

/** Writes settings to the volume through a container that has it; with `current`, as those of the next pooler. */
async function write(docker: DockerHost, container: string, files: PoolerFiles, ...current: ["current"] | []): Promise<void> {
    const { inis, userlist, openFiles } = files;
    const env = {
        ...Object.fromEntries(inis.map((ini, at) => [`SIDECAR_INI_${at + 1}`, ini])),
        SIDECAR_USERLIST: userlist,
        SIDECAR_FILES: String(openFiles),
    };
    const script = fs.readFileSync(scriptFile("write"), "utf8");
    const command = ["sh", "-c", script, "write", settingsName(files), String(inis.length), ...current];
    const { code, stderr, stdout } = await exec(docker, container, command, env, { user: "0" });
    if (code !== 0) throw new UserError(`the pooler's settings can't be written to its volume: ${(stderr || stdout).trim()}`);
}

/** Writes settings to the volume through a container that is gone afterwards. */
async function writeForNext(docker: DockerHost, { owner, files, volume, image }: Reload): Promise<void> {
    const created = await request(docker, "POST", "/containers/create", {
        json: {
            Image: image,
            Entrypoint: ["sleep", "60"],
            Cmd: [],
            // If this run is interrupted, the next one's preflight removes the container by its label.
            Labels: { [stackLabel]: owner },
            HostConfig: {
                Mounts: [{ Type: "volume", Source: volume, Target: settingsDir }],
                NetworkMode: "none",
                CapDrop: ["ALL"],
                SecurityOpt: ["no-new-privileges"],
            },
        },
    });
    if (created.status >= 300)
        throw new UserError(`pgbouncerImage: the engine creates no container of it: ${created.body.toString().trim()}`);
    const { Id } = JSON.parse(created.body.toString()) as { Id: string };
    try {
        await post(docker, `/containers/${Id}/start`);
        await write(docker, Id, files, "current");
    } finally {
        await removeContainer(docker, Id);
    }
}
