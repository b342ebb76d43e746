import { createHash } from "crypto";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { inspectContainers } from "../host/containers";
import { hasFile, writeVolume } from "../host/files";
import { DockerHost } from "../settings/settings";
import { labels, owner, secretsLabel } from "./labels";

/** Where a container has the volume of its secrets. */
export const secretsDir = "/etc/pg-sidecar/secrets";

/** The texts of secret files by their names. */
export type Secrets = Record<string, string>;

/** What writes secrets to their volume. */
export interface SecretsOnVolume {
    /** The stack that they are for, `project/stack`. */
    owner: string;
    volume: string;
    /** Id of an image that is on the host already. */
    image: string;
    secrets: Secrets;
}

export interface SecretsVolumeArgs {
    /** Logical name of the component. */
    name: string;
    secrets: Record<string, pulumi.Input<string>>;
    /** Id of an image that is on the host already. */
    image: pulumi.Input<string>;
    /** Writes them; by default nobody does. */
    write?: (secrets: SecretsOnVolume) => Promise<void>;
    parent: pulumi.Resource;
}

/**
 * A volume with these secrets, and its name, known once they are on it. Other secrets get another volume, and a container that
 * mounts it is replaced with it. What decides that is a random id, since even a hash in a label could give a weak password away.
 */
export function secretsVolume({ name, secrets, image, write, parent }: SecretsVolumeArgs): pulumi.Output<string> {
    const texts = pulumi.secret(pulumi.output(secrets));
    const id = new random.RandomId(`${name}-secrets`, { byteLength: 8, keepers: { hash: texts.apply(hash) } }, { parent });
    const volume = new docker.Volume(`${name}-secrets`, { labels: labels({ [secretsLabel]: id.hex }) }, { parent });
    return pulumi.unsecret(
        pulumi.all([texts, volume.name, image]).apply(async ([written, volumeName, imageId]) => {
            if (!pulumi.runtime.isDryRun()) await write?.({ owner: owner(), volume: volumeName, image: imageId, secrets: written });
            return volumeName;
        }),
    );
}

const hash = (secrets: Secrets) => createHash("sha256").update(JSON.stringify(secrets)).digest("hex");

/** Writes the secrets to their volume, if a container that runs doesn't have them already. */
export async function writeSecrets(docker: DockerHost, { owner: stack, volume, image, secrets }: SecretsOnVolume): Promise<void> {
    const holder = (await inspectContainers(docker, stack)).find((one) => one.volumes.includes(volume));
    const last = Object.keys(secrets).at(-1)!;
    if (holder && (await hasFile(docker, holder.id, `${secretsDir}/${last}`))) return;
    const files = Object.entries(secrets).map(([name, text]) => ({ name, text }));
    await writeVolume(docker, { owner: stack, image, volume, files });
}
