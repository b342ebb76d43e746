import { configRemove } from "../findings/commands";
import { error, Finding, unchecked, warning } from "../findings/finding";
import { dockerCommand, get, request } from "../host/engine";
import { registryOf } from "../host/imagereference";
import { runTasks } from "../host/tasks";
import { DockerHost, Settings } from "../settings/settings";

type ImageKey = "pgbouncerImage" | "pgadminImage" | "pgbouncerExporterImage" | "postgresExporterImage";

/** The registry's answer about an image, asked by the engine: the HTTP status, and the platforms or an error message. */
export interface RegistryAnswer {
    status: number;
    platforms: string[];
    message: string;
    /** Whether something in front of the engine refused the question. */
    withheld?: boolean;
}

/** Asks, for each image that is not on the host yet, whether the engine can pull it, before anything is changed. */
export async function inspectImages(settings: Settings): Promise<Finding[]> {
    const { adminUi, metrics, docker } = settings;
    const inspect = async (key: ImageKey) => {
        const reference = settings[key];
        if (await get(docker, `/images/${reference}/json`)) return [];
        const asked = { key, reference, platform: await platformOf(docker) };
        return judgeImage(await askRegistry(docker, reference), asked, settings);
    };
    const keys: ImageKey[] = [
        "pgbouncerImage",
        ...(adminUi === "none" ? [] : (["pgadminImage"] as const)),
        ...(metrics ? (["pgbouncerExporterImage", "postgresExporterImage"] as const) : []),
    ];
    const tasks = keys.map((key) => () => inspect(key));
    return (await runTasks(docker, tasks)).flat();
}

async function platformOf(docker: DockerHost): Promise<string> {
    const version = await get<{ Os: string; Arch: string }>(docker, "/version");
    return `${version!.Os}/${version!.Arch}`;
}

/** A registry that doesn't answer within the time of one request is not an error of the engine's: it has status 0. */
export async function askRegistry(docker: DockerHost, reference: string): Promise<RegistryAnswer> {
    try {
        const { status, body } = await request(docker, "GET", `/distribution/${reference}/json`);
        // The engine's own 403 is JSON, and has the registry's words.
        if (status === 403 && !body.toString().startsWith("{")) return { status, platforms: [], message: "", withheld: true };
        const answer = JSON.parse(body.toString()) as { message?: string; Platforms?: { os: string; architecture: string }[] | null };
        return {
            status,
            platforms: (answer.Platforms ?? []).map(({ os, architecture }) => `${os}/${architecture}`),
            message: answer.message ?? "",
        };
    } catch (cause) {
        return { status: 0, platforms: [], message: (cause as Error).message };
    }
}

interface AskedImage {
    key: ImageKey;
    reference: string;
    /** The host's, as `linux/amd64`. */
    platform: string;
}

/** Why an image that is not on the host yet can't be pulled, or would not run there. */
export function judgeImage(
    { status, platforms, message, withheld }: RegistryAnswer,
    { key, reference, platform }: AskedImage,
    settings: Pick<Settings, "docker" | "stack">,
): Finding[] {
    const { docker } = settings;
    const another = `${configRemove(settings, key)}   (Pulumi.yaml pins its image by digest), or name one that its registry has`;
    if (status === 200) {
        if (platforms.length === 0 || platforms.some((one) => one === platform)) return [];
        return [error(`${key}: ${reference} is for ${platforms.join(", ")}, and ${docker.host} is ${platform}`, another)];
    }
    if (withheld) {
        return [
            warning(
                `${key}: the proxy in front of the engine at ${docker.host} does not pass distribution, so ${reference} was not looked up`,
                `let it pass distribution, or try the pull, which may work: ${dockerCommand(docker)} pull ${reference}`,
            ),
        ];
    }
    if (/denied|unauthorized|authentication required/i.test(message)) {
        // The provider logs in with the login of this machine's docker; this question was asked without one.
        return [
            warning(
                `${key}: the registry does not show ${reference} without a login (${message})`,
                `if it does not exist, ${another}; if it is private, docker login ${registryOf(reference)}   (on this machine: the provider uses its login)`,
            ),
        ];
    }
    if (status === 404 || /manifest unknown|not found|no such manifest/i.test(message))
        return [error(`${key}: the registry has no ${reference} (${message})`, another)];
    return [
        unchecked(
            `${key}: ${docker.host} can't get ${reference} (${message})`,
            `let that host reach ${registryOf(reference)} (DNS, firewall, proxy), until this works: ${dockerCommand(docker)} pull ${reference}`,
        ),
    ];
}
