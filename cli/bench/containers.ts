import { UserError } from "../../findings/errors";
import { shellWord } from "../../findings/quoting";
import { nameOf, removeContainer } from "../../host/containers";
import { get, post, remove, request } from "../../host/engine";
import { ContainerFile, writeVolume } from "../../host/files";
import { DockerHost } from "../../settings/settings";
import { Target } from "../verify/target";

/** Label of bench's containers and volumes: the stack that they measure, `project/stack`. */
const benchLabel = "pg-sidecar.bench";

/** Open files that a container of bench may need: one for each of 10,000 clients. */
export const mostFiles = 16_384;

/** Creates a container on the database's network, and returns its id. It is not started. */
export async function createContainer(
    { docker, owner, outputs }: Target,
    name: string,
    settings: { HostConfig?: object; [key: string]: unknown },
): Promise<string> {
    const json = {
        ...settings,
        Labels: { [benchLabel]: owner },
        HostConfig: { ...settings.HostConfig, NetworkMode: outputs.networks.database },
        NetworkingConfig: { EndpointsConfig: { [outputs.networks.database]: { Aliases: [name] } } },
    };
    const created = await post(docker, `/containers/create?name=${name}`, { json });
    return (JSON.parse(created.toString()) as { Id: string }).Id;
}

export interface PoolerContainer {
    /** Id of the image. */
    image: string;
    /** Its files, on a volume of their own. */
    files: ContainerFile[];
    /** Folder of the volume. */
    folder: string;
    settings: { HostConfig: object; [key: string]: unknown };
}

/** Creates a pooler's container, which is not restarted when it ends, with its files on a volume. Returns its id. */
export async function createPooler(target: Target, name: string, { image, files, folder, settings }: PoolerContainer): Promise<string> {
    const { docker, owner } = target;
    await post(docker, "/volumes/create", { json: { Name: name, Labels: { [benchLabel]: owner } } });
    await writeVolume(docker, { owner, image, volume: name, files });
    const HostConfig = { ...settings.HostConfig, Binds: [`${name}:${folder}`], RestartPolicy: { Name: "no" } };
    return createContainer(target, name, { ...settings, Image: image, HostConfig });
}

export const startContainer = (docker: DockerHost, id: string) => post(docker, `/containers/${id}/start`);

/** Ends it at once: no client's transaction is lost. */
export const killContainer = (docker: DockerHost, id: string) => request(docker, "POST", `/containers/${id}/kill`);

/** Throws if another bench measures something on this Docker host: each would measure the other, and remove what it made. */
export async function refuseSecond({ docker, dockerCommand }: Target): Promise<void> {
    const filters = encodeURIComponent(JSON.stringify({ label: [benchLabel], status: ["running"] }));
    const running = (await get<{ Names: string[] }[]>(docker, `/containers/json?filters=${filters}`)) ?? [];
    if (running.length === 0) return;
    const names = running.map((one) => shellWord(nameOf(one))).join(" ");
    throw new UserError(
        `another bench runs on this Docker host, or was killed (containers ${names}).`,
        `wait until it has ended; if it was killed: ${dockerCommand} rm -f ${names}; then run bench again, which removes the rest`,
    );
}

/** Removes all containers and volumes of bench for this stack, also those of a run that was interrupted. */
export async function removeAll({ docker, owner }: Target): Promise<void> {
    const filters = encodeURIComponent(JSON.stringify({ label: [`${benchLabel}=${owner}`] }));
    const containers = (await get<{ Id: string }[]>(docker, `/containers/json?all=true&filters=${filters}`)) ?? [];
    for (const { Id } of containers) await removeContainer(docker, Id);
    const volumes = (await get<{ Volumes: { Name: string }[] | null }>(docker, `/volumes?filters=${filters}`))?.Volumes ?? [];
    for (const { Name } of volumes) await remove(docker, `/volumes/${Name}`);
}
