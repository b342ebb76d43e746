import * as fs from "fs";
import * as path from "path";
import { UserError } from "../../findings/errors";
import { get, remove, request } from "../../host/engine";
import { demultiplex } from "../../host/exec";
import { forStack } from "../../findings/finding";
import { DockerHost } from "../../settings/settings";
import { stackLabel } from "../labels";
import { emailSettings } from "./email";

/** What a new pgAdmin is tried with. */
export interface Trial {
    /** The stack that it is for, `project/stack`. */
    owner: string;
    /** The image as it was set, for messages. */
    reference: string;
    /** Id of the image, which is on the host. */
    image: string;
    email: string;
    /** What it gets as servers.json. */
    servers: string;
    /** Volume on whose copy it is tried. */
    volume: string;
    /** Seconds that it may take. */
    within: number;
}

interface Inspected {
    Image: string;
    State: { Running: boolean };
    Config: { Env: string[] | null };
    Mounts: { Name?: string }[];
}

/** Where the trial's container has the stack's volume. */
const kept = "/kept";

/**
 * Tries an image of pgAdmin, or another e-mail address, before the pgAdmin that runs makes room for it: in a container that
 * is gone afterwards, refresh.py migrates a copy of the volume's database and makes login and server entry in it. Throws with
 * what it said if that fails. Without a pgAdmin to lose, or with one that runs this very image for this address on this volume, it does nothing.
 */
export async function tryImage(docker: DockerHost, trial: Trial): Promise<void> {
    if (!(await isNeeded(docker, trial))) return;
    const { code, said } = await run(docker, trial);
    if (code === 0) return;
    const what = `pgadminImage: ${trial.reference} can't take the place of the pgAdmin that is there, which was left as it is: ${cause(code, said)}`;
    const remedy =
        "pulumi config set pgadminImage IMAGE, or pulumi config set pgadminEmail ADDRESS if it is the address, back to what worked";
    throw new UserError(forStack(stackOf(trial), `${what}. Fix: ${remedy}`));
}

const stackOf = ({ owner }: Trial) => owner.split("/").at(-1)!;

/** Why a trial that ended with this code failed: its last line, without who says it. */
export function cause(code: number, said: string): string {
    if (code === 126 || code === 127) return "it is no image of pgAdmin (it has no /venv/bin/python3)";
    const last = said.trim().split("\n").at(-1) ?? "";
    return last.replace(/^refresh: /, "").replace(/\.$/, "") || `its trial ended with ${code}, and without a word`;
}

async function isNeeded(docker: DockerHost, { owner, volume, image, email }: Trial): Promise<boolean> {
    const filters = encodeURIComponent(JSON.stringify({ label: [`${stackLabel}=${owner}`] }));
    const listed = (await get<{ Id: string }[]>(docker, `/containers/json?all=true&filters=${filters}`)) ?? [];
    let needed = false;
    for (const { Id } of listed) {
        const one = await get<Inspected>(docker, `/containers/${Id}/json`);
        const address = one?.Config.Env?.find((env) => env.startsWith("PGADMIN_DEFAULT_EMAIL="));
        if (!one || address === undefined) continue; // gone since, or the pooler
        const same = one.Image === image && address.endsWith(`=${email}`) && one.Mounts.some(({ Name }) => Name === volume);
        if (same && one.State.Running) return false;
        needed = true;
    }
    return needed;
}

const script = [
    'printf %s "$SIDECAR_SERVERS" > "$PGADMIN_SERVER_JSON_FILE"',
    // Of nobody: it is set in a copy that is thrown away.
    'head -c 16 /dev/urandom | od -An -tx1 | tr -d " \\n" > "$PGADMIN_DEFAULT_PASSWORD_FILE"',
    'exec /venv/bin/python3 -c "$SIDECAR_REFRESH"',
].join("\n");

async function run(docker: DockerHost, trial: Trial): Promise<{ code: number; said: string }> {
    const { Id } = await create(docker, trial);
    try {
        const started = await request(docker, "POST", `/containers/${Id}/start`);
        if (started.status >= 300) return { code: 126, said: started.body.toString() };
        const waited = await request(docker, "POST", `/containers/${Id}/wait`, { timeout: trial.within * 1000 }).catch((failure: Error) => {
            throw new UserError(
                forStack(
                    stackOf(trial),
                    `pgadminImage: the trial of ${trial.reference} did not end (${failure.message}); the pgAdmin that is there was left as it is. ` +
                        `Fix: pulumi up, or on a slow host: pulumi config set pgadminStartTimeout SECONDS`,
                ),
            );
        });
        const { StatusCode } = JSON.parse(waited.body.toString()) as { StatusCode: number };
        const logs = await request(docker, "GET", `/containers/${Id}/logs?stdout=true&stderr=true&tail=20`);
        const { stdout, stderr } = demultiplex(logs.body);
        return { code: StatusCode, said: stderr.trim() || stdout };
    } finally {
        await remove(docker, `/containers/${Id}?force=true&v=true`);
    }
}

async function create(docker: DockerHost, { owner, image, email, servers, volume }: Trial): Promise<{ Id: string }> {
    const { status, body } = await request(docker, "POST", "/containers/create", {
        json: {
            Image: image,
            Entrypoint: ["/bin/sh", "-c", script],
            Cmd: [],
            Env: [
                `PGADMIN_DEFAULT_EMAIL=${email}`,
                "PGADMIN_DEFAULT_PASSWORD_FILE=/tmp/password",
                "PGADMIN_SERVER_JSON_FILE=/tmp/servers.json",
                ...emailSettings(email),
                `SIDECAR_SERVERS=${servers}`,
                `SIDECAR_REFRESH=${fs.readFileSync(path.join(__dirname, "refresh.py"), "utf8")}`,
                `SIDECAR_TRIAL_OF=${kept}`,
            ],
            // A run that is cut leaves it to the next one's preflight, which takes away what bears the stack's label.
            Labels: { [stackLabel]: owner },
            HostConfig: {
                Mounts: [{ Type: "volume", Source: volume, Target: kept, ReadOnly: true }],
                NetworkMode: "none",
                CapDrop: ["ALL"],
                SecurityOpt: ["no-new-privileges"],
            },
        },
    });
    if (status >= 300) throw new UserError(`the Docker engine at ${docker.host} makes no container for a trial: ${body.toString().trim()}`);
    return JSON.parse(body.toString()) as { Id: string };
}
