import * as fs from "fs";
import * as path from "path";
import { configSet, shortName } from "../../findings/commands";
import { UserError } from "../../findings/errors";
import { inspectContainers, readLog, removeContainer } from "../../host/containers";
import { request } from "../../host/engine";
import { GoneError } from "../../host/gone";
import { DockerHost } from "../../settings/settings";
import { stackLabel } from "../labels";
import { emailSettings } from "./email";

/** What a trial of a new pgAdmin needs. */
export interface Trial {
    /** The stack that it is for, `project/stack`. */
    owner: string;
    /** The image as it is set, for messages. */
    reference: string;
    /** Id of the image, which is on the host already. */
    image: string;
    email: string;
    /** What it gets as servers.json. */
    servers: string;
    /** The volume: the trial works on a copy of it. */
    volume: string;
    /** Seconds that the trial may take. */
    within: number;
}

/** Where the trial's container has the stack's volume. */
const kept = "/kept";

/**
 * Tries an image of pgAdmin, or another e-mail address, before it replaces the running pgAdmin: in a container that is removed
 * afterwards, refresh.py migrates a copy of the volume's database and creates login and server entry in it. Throws a UserError
 * with the trial's last line if that fails. Does nothing if there is no pgAdmin to lose, or if the running one has this image,
 * address and volume already.
 */
export async function tryImage(docker: DockerHost, trial: Trial): Promise<void> {
    if (!(await isNeeded(docker, trial))) return;
    const { code, output } = await run(docker, trial);
    if (code === 0) return;
    const stack = stackOf(trial);
    throw new UserError(
        `pgadminImage: ${trial.reference} can't take the place of the pgAdmin that is there, which was left as it is: ${cause(code, output)}`,
        `${configSet(stack, "pgadminImage", "IMAGE")}, or, if it is the address, ${configSet(stack, "pgadminEmail", "ADDRESS")}, back to what worked`,
    );
}

const stackOf = ({ owner }: Trial) => ({ stack: shortName(owner) });

/** Why a trial that ended with this code failed: the last line of its output, without the program's name. */
export function cause(code: number, output: string): string {
    if (code === 126 || code === 127) return "it is not an image of pgAdmin (it has no /venv/bin/python3)";
    const last = output.trim().split("\n").at(-1) ?? "";
    return last.replace(/^refresh: /, "").replace(/\.$/, "") || `its trial ended with exit code ${code} and printed nothing`;
}

async function isNeeded(docker: DockerHost, { owner, volume, image, email }: Trial): Promise<boolean> {
    const address = (env: string[]) => env.find((one) => one.startsWith("PGADMIN_DEFAULT_EMAIL="));
    // The pooler has no such variable.
    const pgadmins = (await inspectContainers(docker, owner)).filter(({ env }) => address(env) !== undefined);
    const isSame = pgadmins.some(
        (one) => one.running && one.image === image && address(one.env)!.endsWith(`=${email}`) && one.volumes.includes(volume),
    );
    return pgadmins.length > 0 && !isSame;
}

const script = [
    'printf %s "$SIDECAR_SERVERS" > "$PGADMIN_SERVER_JSON_FILE"',
    // Of nobody: it is set in a copy that is thrown away.
    'head -c 16 /dev/urandom | od -An -tx1 | tr -d " \\n" > "$PGADMIN_DEFAULT_PASSWORD_FILE"',
    'exec /venv/bin/python3 -c "$SIDECAR_REFRESH"',
].join("\n");

async function run(docker: DockerHost, trial: Trial): Promise<{ code: number; output: string }> {
    const { Id } = await create(docker, trial);
    try {
        const started = await request(docker, "POST", `/containers/${Id}/start`);
        if (started.status >= 300) return { code: 126, output: started.body.toString() };
        const ended = await request(docker, "POST", `/containers/${Id}/wait`, { timeout: trial.within * 1000 }).catch((failure: Error) => {
            const stack = stackOf(trial);
            throw new UserError(
                `pgadminImage: the trial of ${trial.reference} did not end (${failure.message}); the pgAdmin that is there was left as it is`,
                `run this up again; on a slow host, first: ${configSet(stack, "pgadminStartTimeout", "SECONDS")}`,
            );
        });
        const { StatusCode } = JSON.parse(ended.body.toString()) as { StatusCode: number };
        const { stdout, stderr } = (await readLog(docker, Id, 20)) ?? { stdout: "", stderr: "" };
        return { code: StatusCode, output: stderr.trim() || stdout };
    } finally {
        await removeContainer(docker, Id);
    }
}

async function create(docker: DockerHost, { owner, reference, image, email, servers, volume }: Trial): Promise<{ Id: string }> {
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
            // If this run is interrupted, the next one's preflight removes the container by its label.
            Labels: { [stackLabel]: owner },
            HostConfig: {
                Mounts: [{ Type: "volume", Source: volume, Target: kept, ReadOnly: true }],
                NetworkMode: "none",
                CapDrop: ["ALL"],
                SecurityOpt: ["no-new-privileges"],
            },
        },
    });
    if (status === 404 && /no such image/i.test(body.toString())) throw new GoneError(`image ${reference}`);
    if (status >= 300)
        throw new UserError(
            `the Docker engine at ${docker.host} creates no container for a trial of ${reference}: ${body.toString().trim()}`,
        );
    return JSON.parse(body.toString()) as { Id: string };
}
