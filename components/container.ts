import * as fs from "fs";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";

/** What both containers have in common: they restart, have no capabilities, and a change waits until they are healthy. */
export const containerDefaults = {
    restart: "always",
    networkMode: "bridge",
    wait: true,
    capabilities: { drops: ["ALL"] },
    securityOpts: ["no-new-privileges"],
    // Rotated: 30 MB for each container at most.
    logDriver: "json-file",
    logOpts: { "max-size": "10m", "max-file": "3" },
} satisfies Partial<docker.ContainerArgs>;

/** Pulls `reference` and returns the image's id. The image stays on the host when the stack is destroyed, since others may use it. */
export function pullImage(name: string, reference: pulumi.Input<string>, parent: pulumi.Resource): pulumi.Output<string> {
    return new docker.RemoteImage(name, { name: reference, keepLocally: true }, { parent }).imageId;
}

/** A file for `uploads` that everybody in the container may read. */
export function uploadFile(file: string, content: pulumi.Input<string>): docker.types.input.ContainerUpload {
    return { file, content, permissions: "0444" };
}

/** The executable file `from` of this repository, for `uploads`. */
export function uploadScript(file: string, from: string): docker.types.input.ContainerUpload {
    return { file, content: fs.readFileSync(from, "utf8"), permissions: "0755" };
}
