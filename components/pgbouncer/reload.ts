import { createHash } from "crypto";
import { UserError } from "../../findings/errors";
import { inspectContainers } from "../../host/containers";
import { post } from "../../host/engine";
import { exec, ExecResult } from "../../host/exec";
import { ContainerFile, writeFiles, writeVolume } from "../../host/files";
import { DockerHost } from "../../settings/settings";
import { withoutSecrets } from "../redaction";
import { filesDir } from "../names";
import { configDir } from "./ini";
import { fixOf } from "./refusals";
import { serverCaFile } from "./tls";

/** Where the pooler's container has the volume of its settings. */
export const settingsDir = `${configDir}/settings`; // as `common` has it

/** What pgbouncer takes by a reload. */
export interface PoolerFiles {
    /** The ini of each process. */
    inis: string[];
    /** userlist.txt, a secret. */
    userlist: string;
    /** Open files that the pooler needs. */
    openFiles: number;
    /** Certificates and keys that the inis name. */
    certificates: ContainerFile[];
    /** The file that says who may log in how; none without exporters. */
    hba?: string;
}

/** The files of these settings, as they are on the volume. userlist.txt comes last: a folder without it was cut off. */
export function filesOf({ inis, userlist, openFiles, certificates, hba }: PoolerFiles): ContainerFile[] {
    return [
        ...inis.map((text, at) => ({ name: `${at + 1}.ini`, text })),
        { name: "open_files", text: String(openFiles) },
        ...certificates,
        ...(hba === undefined ? [] : [{ name: "hba", text: hba }]),
        { name: "userlist.txt", text: userlist },
    ];
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
    /** Name of the database's network. */
    network: string;
}

/** Name of these settings on the volume. */
export function settingsName(files: PoolerFiles): string {
    return createHash("sha256")
        .update(
            filesOf(files)
                .flatMap(({ name, text }) => [name, text])
                .join("\0"),
        )
        .digest("hex")
        .slice(0, 16);
}

/** The same in a folder of their name. */
export function settingsFiles(files: PoolerFiles): ContainerFile[] {
    const folder = settingsName(files);
    return [{ name: `${folder}/`, text: "" }, ...filesOf(files).map(({ name, text }) => ({ name: `${folder}/${name}`, text }))];
}

/** Seconds for `accept`, which limits itself to 10 s for the proof and 10 s for the reload, and to a last look at each. */
const seconds = 40;
const timeout = (seconds + 5) * 1000;

/**
 * Puts settings in force. Each running pooler of the stack first proves them beside what it serves, then reloads: no session ends.
 * Throws a UserError with pgbouncer's words if one refuses them; it then keeps the settings that it has. If none serves, they
 * are written for the one to come, which proves them before it listens.
 */
export async function reloadSettings(docker: DockerHost, { owner, files, volume, image, network }: Reload): Promise<void> {
    const name = settingsName(files);
    const poolers = (await inspectContainers(docker, owner)).filter((one) => one.status === "running" && one.volumes.includes(volume));
    let serving = 0;
    for (const pooler of poolers) {
        // A pooler that this run replaces, since the database is on another network, reaches it there until then.
        if (!pooler.networks[network]) await post(docker, `/networks/${network}/connect`, { json: { Container: pooler.id } });
        const accept = () => exec(docker, pooler.id, ["timeout", String(seconds), `${filesDir}/accept`, name], { timeout });
        let accepted = await accept();
        if (accepted.code === 3) {
            await writeFiles(docker, pooler.id, settingsDir, settingsFiles(files));
            accepted = await accept();
        }
        // It serves nobody, or may not open enough files: then this run replaces it, since the settings give the next one enough.
        if (accepted.code === 4 || accepted.code === 5) continue;
        serving += 1;
        if (accepted.code !== 0) throw refusal(pooler.name, accepted, files, owner);
    }
    const forNext = () => [...settingsFiles(files), { name: "current", text: `${name}\n` }];
    if (serving === 0) await writeVolume(docker, { owner, image, volume, files: forNext() });
}

function refusal(pooler: string, { code, stdout, stderr }: ExecResult, { userlist, certificates }: PoolerFiles, owner: string): UserError {
    const hasCa = certificates.some(({ name }) => name === serverCaFile);
    const password = userlist.split('"')[3] ?? "";
    const said = withoutSecrets(`${stdout}${stderr}`, [password]).trim() || `nothing (exit code ${code})`;
    return new UserError(
        `${pooler} does not accept the changed settings, and keeps those that it has. It says:\n${said.replace(/^/gm, "    ")}`,
        `${fixOf(said, owner, hasCa) ?? "set back what was changed, or fix what these lines say"}; then run this up again`,
    );
}
