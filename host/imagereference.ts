// An image's reference, `[REGISTRY/]PATH[:TAG][@DIGEST]`, taken apart as Docker does. Nothing here checks one.

/** The registry of a name that begins with none. */
export const dockerHub = "docker.io";

interface Parts {
    /** As it is written, without tag and digest. */
    name: string;
    /** The registry that the name begins with, if it looks like a host. */
    host?: string;
    /** The name after the registry. */
    path: string;
    /** Tag and digest, each with its mark. */
    rest: string;
}

function partsOf(reference: string): Parts {
    const [, name = "", rest = ""] = /^((?:[^/@]*\/)*[^/:@]*)(.*)$/s.exec(reference) ?? [];
    const [first = "", ...others] = name.split("/");
    const isHost = others.length > 0 && /[.:]|^localhost$/.test(first);
    return isHost ? { name, host: first, path: others.join("/"), rest } : { name, path: name, rest };
}

/** An image's name as it is written, without tag and digest. */
export const imageName = (reference: string) => partsOf(reference).name;

/** The registry's host as it is written; Docker Hub's if the name begins with none. */
export const registryOf = (reference: string) => partsOf(reference).host ?? dockerHub;

/** Where an image is: its registry by one name, and its name there. `rest` is the tag and the digest, each with its mark. */
export function locate(reference: string): { registry: string; repository: string; rest: string } {
    const { host = dockerHub, path, rest } = partsOf(reference);
    const registry = host === `index.${dockerHub}` ? dockerHub : host;
    return { registry, repository: registry === dockerHub && !path.includes("/") ? `library/${path}` : path, rest };
}

/** Name of an image whatever its tag or digest: `docker.io/library/postgres` of `postgres:17`. */
export function fullName(reference: string): string {
    const { registry, repository } = locate(reference);
    return `${registry}/${repository}`;
}

/** The version in an image's tag, as far as it says it: `1.25.2` of `edoburu/pgbouncer:v1.25.2-p0@sha256:…`. */
export const versionInTag = (reference: string) => /^:v?(\d+(?:\.\d+)+)/.exec(partsOf(reference).rest)?.[1];
