import { pack } from "tar-stream";
import { stackLabel } from "../components/labels";
import { UserError } from "../findings/errors";
import { DockerHost } from "../settings/settings";
import { removeContainer } from "./containers";
import { post, put, request } from "./engine";
import { GoneError, rejectGone } from "./gone";

/** A file for a container. All in the container may read it, and none may write it. */
export interface ContainerFile {
    /** Its path within the folder that it is written to. */
    name: string;
    text: string;
}

/**
 * Writes files into a folder of a container, running or not, in this order. If its root is read-only, the folder has to be on a
 * volume. The engine takes them as an archive, so that they show in no argument and no environment.
 */
export async function writeFiles(docker: DockerHost, container: string, folder: string, files: ContainerFile[]): Promise<void> {
    await put(docker, `/containers/${container}/archive?path=${encodeURIComponent(folder)}`, await archive(files)).catch(notWritten);
}

function notWritten(cause: Error): never {
    if (cause instanceof GoneError) throw cause;
    throw new UserError(
        `the stack's files can't be written to their volume: ${cause.message}`,
        "make room on the host, or let the engine write there again; then run this up again",
    );
}

export interface VolumeFiles {
    /** The stack that the volume belongs to, `project/stack`. */
    owner: string;
    /** Id of an image that is on the host already; nothing of it runs. */
    image: string;
    volume: string;
    files: ContainerFile[];
}

/** Writes files to a volume through a container that is created, never started, and removed. Throws a GoneError if there is no such image. */
export async function writeVolume(docker: DockerHost, { owner, image, volume, files }: VolumeFiles): Promise<void> {
    const created = await post(docker, "/containers/create", {
        json: {
            Image: image,
            Entrypoint: ["true"],
            Cmd: [],
            // If this run is interrupted, the next one's preflight removes the container by its label.
            Labels: { [stackLabel]: owner },
            HostConfig: { Mounts: [{ Type: "volume", Source: volume, Target: "/volume" }], NetworkMode: "none" },
        },
    })
        .catch(rejectGone("image", image.slice(0, "sha256:".length + 12)))
        .catch(notWritten);
    const { Id } = JSON.parse(created.toString()) as { Id: string };
    try {
        // The volume's own folder, too: who replaces its files later is not root.
        await writeFiles(docker, Id, "/", [
            { name: "volume/", text: "" },
            ...files.map((file) => ({ ...file, name: `volume/${file.name}` })),
        ]);
    } finally {
        await removeContainer(docker, Id);
    }
}

/** Whether a container has this file or folder. */
export async function hasFile(docker: DockerHost, container: string, file: string): Promise<boolean> {
    const { status } = await request(docker, "HEAD", `/containers/${container}/archive?path=${encodeURIComponent(file)}`);
    return status === 200;
}

/** The files as a tar archive. A name that ends in a slash is a folder, in which all may write. */
async function archive(files: ContainerFile[]): Promise<Buffer> {
    const tar = pack();
    for (const { name, text } of files) {
        if (name.endsWith("/")) tar.entry({ name, type: "directory", mode: 0o777 });
        else tar.entry({ name, mode: 0o444 }, text);
    }
    tar.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of tar) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
}
