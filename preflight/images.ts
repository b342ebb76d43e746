import { DockerHost, Settings } from "../settings/settings";
import { get, dockerCommand, request } from "../host/engine";
import { error, Finding, unchecked, warning } from "../findings/finding";

type ImageKey = "pgbouncerImage" | "pgadminImage";

/** What the registry says of an image, by way of the engine: HTTP's status, and the platforms or why there are none. */
export interface RegistryAnswer {
    status: number;
    platforms: string[];
    message: string;
}

/** Asks for each image that is not on the host yet whether the engine will get it, before anything is changed. */
export async function inspectImages(settings: Settings): Promise<Finding[]> {
    const found = await Promise.all(
        (["pgbouncerImage", "pgadminImage"] as const).map(async (key) => {
            const reference = settings[key];
            if (await get(settings.docker, `/images/${reference}/json`)) return [];
            const [answer, platform] = await Promise.all([askRegistry(settings.docker, reference), platformOf(settings.docker)]);
            return judgeImage(key, reference, answer, platform, settings.docker);
        }),
    );
    return found.flat();
}

async function platformOf(docker: DockerHost): Promise<string> {
    const version = await get<{ Os: string; Arch: string }>(docker, "/version");
    return `${version!.Os}/${version!.Arch}`;
}

/** A registry that doesn't answer within the time of one request is no error of the engine's. */
async function askRegistry(docker: DockerHost, reference: string): Promise<RegistryAnswer> {
    try {
        const { status, body } = await request(docker, "GET", `/distribution/${reference}/json`);
        const said = JSON.parse(body.toString()) as { message?: string; Platforms?: { os: string; architecture: string }[] | null };
        return {
            status,
            platforms: (said.Platforms ?? []).map(({ os, architecture }) => `${os}/${architecture}`),
            message: said.message ?? "",
        };
    } catch (cause) {
        return { status: 0, platforms: [], message: (cause as Error).message };
    }
}

/** What speaks against an image that is still to be pulled. */
export function judgeImage(
    key: ImageKey,
    reference: string,
    { status, platforms, message }: RegistryAnswer,
    platform: string,
    docker: DockerHost,
): Finding[] {
    const pull = `${dockerCommand(docker)} pull ${reference}`;
    const another = `pulumi config rm ${key}   (Pulumi.yaml's is pinned by its digest), or name one that its registry has`;
    if (status === 200) {
        if (platforms.length === 0 || platforms.some((one) => one === platform)) return [];
        return [error(`${key}: ${reference} is for ${platforms.join(", ")}, and ${docker.host} is ${platform}. Fix: ${another}`)];
    }
    if (/denied|unauthorized|authentication required/i.test(message)) {
        // The provider logs in with what this machine's docker has; the question here went without.
        return [
            warning(
                `${key}: the registry does not show ${reference} to everybody (${message}). ` +
                    `Fix: if it is not there, ${another}; if it is private, docker login ${registryOf(reference)}   (on this machine: the provider takes its login)`,
            ),
        ];
    }
    if (status === 404 || /manifest unknown|not found|no such manifest/i.test(message))
        return [error(`${key}: the registry has no ${reference} (${message}). Fix: ${another}`)];
    return [
        unchecked(
            `${key}: ${docker.host} can't get ${reference} (${message}). ` +
                `Fix: let that host reach ${registryOf(reference)} (DNS, firewall, proxy), until this works: ${pull}`,
        ),
    ];
}

/** The registry's host: the first part of a name, where that looks like a host. */
export function registryOf(reference: string): string {
    const [first, ...rest] = reference.split("/");
    return rest.length > 0 && /[.:]|^localhost$/.test(first!) ? first! : "docker.io";
}
