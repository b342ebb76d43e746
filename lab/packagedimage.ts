import * as path from "path";
import { hashTree } from "./files";
import { attempt, run } from "./run";

/** An image of Debian's packages that only some command needs. */
export interface PackagedImage {
    /** Its name in the lab's registry, below `lab/`, and that of its log in `.lab/log`. */
    name: string;
    /** Folder of its Dockerfile, which takes the base as `BASE`. Another content is another image. */
    folder: string;
    /** Port of the lab's registry. */
    registryPort: number;
}

/** The base of the lab's own images: this engine's, or the registry's. There is none if the lab's images are the official ones. */
async function baseImage(registry: string): Promise<string | undefined> {
    const here = await run("docker", ["image", "ls", "--filter", `reference=${registry}/lab/base`, "--format", "{{.Repository}}:{{.Tag}}"]); // prettier-ignore
    if (here.trim() !== "") return here.trim().split("\n")[0];
    const answer = await fetch(`http://${registry}/v2/lab/base/tags/list`).catch(() => undefined);
    const { tags } = answer?.ok ? ((await answer.json()) as { tags: string[] | null }) : { tags: null };
    return tags?.[0] && `${registry}/lab/base:${tags[0]}`;
}

/** Returns the image's reference: this engine's, else the registry's, else built from Debian, which needs a network, and pushed. */
export async function packagedImage({ name, folder, registryPort }: PackagedImage): Promise<string> {
    const registry = `127.0.0.1:${registryPort}`;
    const image = `${registry}/lab/${name}:${hashTree(folder)}`;
    if ((await attempt("docker", ["image", "inspect", image])).code === 0) return image;
    if ((await attempt("docker", ["pull", image])).code === 0) return image;
    console.log(`building the image lab/${name} from ${path.basename(path.dirname(folder))}/${path.basename(folder)}`);
    const base = (await baseImage(registry)) ?? "debian:trixie-slim";
    const proxies = ["http_proxy", "https_proxy", "no_proxy"].flatMap((variable) => ["--build-arg", variable]);
    const args = ["--force-rm", "--network", "host", "--build-arg", `BASE=${base}`, ...proxies, "-t", image];
    await run("docker", ["build", ...args, folder], { env: { DOCKER_BUILDKIT: "0" }, log: `${name}-image` });
    await attempt("docker", ["push", image]); // there is no registry if the lab's images are the official ones
    return image;
}
