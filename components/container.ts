import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";

/** Pulls `reference` and returns the image's id. It stays on the host when the stack goes, as others may use it. */
export function image(name: string, reference: pulumi.Input<string>, parent: pulumi.Resource): pulumi.Output<string> {
    return new docker.RemoteImage(name, { name: reference, keepLocally: true }, { parent }).imageId;
}
