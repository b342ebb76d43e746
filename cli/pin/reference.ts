import { UserError } from "../../findings/errors";
import { shown } from "../../findings/quoting";
import { dockerHub, locate } from "../../host/imagereference";

/** An image by its name and tag. */
export interface Reference {
    /** As it was given, `name:tag`. */
    image: string;
    /** Where its registry answers. */
    registry: string;
    /** Its name at the registry. */
    repository: string;
    tag: string;
}

/** Docker Hub's registry answers under a name of its own. */
const hubRegistry = "registry-1.docker.io";

const part = "[a-z0-9]+(?:(?:\\.|_{1,2}|-+)[a-z0-9]+)*";
const path = new RegExp(`^${part}(/${part})*$`);
const host = /^([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-f:]+\])(:\d{1,5})?$/;

/** Reads `name:tag` as Docker does. Throws a UserError if it is not one, or has a digest already. */
export function parseReference(image: string): Reference {
    const { registry, repository, rest } = locate(image);
    const tag = /^:(\w[\w.-]{0,127})$/.exec(rest)?.[1];
    if (rest.includes("@"))
        throw new UserError(`${shown(image)} has a digest already`, "name the tag alone, or set this value by pulumi config set");
    if (!tag || !path.test(repository) || !host.test(registry) || !URL.canParse(`https://${registry}`)) {
        throw new UserError(`${shown(image)} is not an image and its tag`, "./sidecar pin NAME:TAG, such as dpage/pgadmin4:9.17");
    }
    return { image, registry: registry === dockerHub ? hubRegistry : registry, repository, tag };
}
