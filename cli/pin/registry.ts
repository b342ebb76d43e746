import { createHash } from "crypto";
import { z } from "zod";
import { UserError } from "../../findings/errors";
import { shellWord, shown } from "../../findings/quoting";
import { trustCa } from "../../host/unknownca";
import { Reference } from "./reference";

/** What a registry may answer with, an image for several platforms first: its digest is the same on each. */
const accepted = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** Milliseconds for one answer. */
const patience = 20_000;

/** Tags that an error names. */
const tagsShown = 8;

const isLocal = (registry: string) => /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/.test(registry);

/** A registry on this machine speaks plain HTTP, as for Docker; any other one TLS. */
const urlOf = (registry: string) => `${isLocal(registry) ? "http" : "https"}://${registry}`;

/** Asks the registry, without a login, for the digest that a tag has now. Throws a UserError if it has none, or doesn't say. */
export async function digestOf(reference: Reference): Promise<string> {
    const { image, registry, repository, tag } = reference;
    const url = `${urlOf(registry)}/v2/${repository}/manifests/${tag}`;
    const headers: Record<string, string> = { accept: accepted };
    let answer = await ask("HEAD", url, headers, reference);
    if (answer.status === 401) {
        const token = await anonymousToken(answer.headers.get("www-authenticate") ?? "", reference);
        if (token !== undefined) {
            headers.authorization = `Bearer ${token}`;
            answer = await ask("HEAD", url, headers, reference);
        }
    }
    if (!answer.ok) throw await refusal(answer.status, reference, headers);
    // Not every registry sends it with a HEAD.
    const digest = answer.headers.get("docker-content-digest") ?? (await hashed(await ask("GET", url, headers, reference)));
    if (!/^sha256:[0-9a-f]{64}$/.test(digest))
        throw new UserError(`${registry} gives ${image} the digest ${shown(digest)}, which is not a digest`);
    return digest;
}

async function hashed(answer: Response): Promise<string> {
    const body = Buffer.from(await answer.arrayBuffer());
    return answer.ok ? `sha256:${createHash("sha256").update(body).digest("hex")}` : "";
}

async function ask(
    method: "HEAD" | "GET",
    url: string,
    headers: Record<string, string>,
    { registry, image }: Reference,
): Promise<Response> {
    try {
        return await fetch(url, { method, headers, signal: AbortSignal.timeout(patience) });
    } catch (failure) {
        const { cause, message } = failure as Error & { cause?: NodeJS.ErrnoException };
        throw new UserError(
            `${registry}, the registry of ${image}, can't be asked: ${cause?.message || cause?.code || message}`,
            // Node's fetch uses no proxy.
            trustCa(cause?.code) ??
                `correct the image's name, or let this machine reach it without HTTPS_PROXY, until this works: curl --noproxy '*' ${urlOf(registry)}/v2/`,
        );
    }
}

/** Gets a token as the registry's challenge says; undefined if it wants a login. Over TLS, unless the registry is on this machine. */
async function anonymousToken(challenge: string, reference: Reference): Promise<string | undefined> {
    const fields = Object.fromEntries([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key!, value!]));
    if (!/^bearer /i.test(challenge) || !URL.canParse(fields.realm ?? "")) return undefined;
    const url = new URL(fields.realm!);
    if (url.protocol !== "https:" && !isLocal(url.host)) return undefined;
    if (fields.service) url.searchParams.set("service", fields.service);
    url.searchParams.set("scope", fields.scope ?? `repository:${reference.repository}:pull`);
    const answer = await ask("GET", url.href, {}, reference);
    // It says nothing about the image: a login would not help.
    if (answer.status === 429 || answer.status >= 500) throw unable(answer.status, url.host, url.href, reference);
    const { data } = z.object({ token: z.string().optional(), access_token: z.string().optional() }).safeParse(await answer.json().catch(() => undefined)); // prettier-ignore
    return answer.ok ? (data?.token ?? data?.access_token) : undefined;
}

/** Why the registry gave no digest. */
async function refusal(status: number, reference: Reference, headers: Record<string, string>): Promise<UserError> {
    const { image, registry, repository, tag } = reference;
    if (status === 401 || status === 403) {
        return new UserError(
            `${registry} does not show ${image} without a login, or has no such image`,
            `correct the name; if it is private: docker login ${registry}; docker buildx imagetools inspect ${image}, and set name and digest by pulumi config set`,
        );
    }
    if (status === 404) {
        const tags = await tagsOf(reference, headers);
        if (tags.length === 0)
            return new UserError(`${registry} has no image ${repository}`, "./sidecar pin NAME:TAG, with a name that it has");
        const some = tags.slice(-tagsShown);
        return new UserError(
            `${registry} has no tag ${tag} of ${repository}; it has ${tags.length > some.length ? "others, such as " : ""}${some.join(", ")}`,
            `./sidecar pin ${image.slice(0, -tag.length)}TAG, with one that it has`,
        );
    }
    return unable(status, registry, `${urlOf(registry)}/v2/${repository}/manifests/${tag}`, reference);
}

/** Why a registry, or the service that gives out its tokens, does not answer what it was asked. */
function unable(status: number, host: string, url: string, { image }: Reference): UserError {
    if (status === 429)
        return new UserError(`${host} has had too many requests from this address`, "wait for some minutes, then the same command");
    return new UserError(`${host} answers ${status} for ${image}`, `see what it says: curl -i ${shellWord(url)}`);
}

/** The tags of an image, by number; none if the registry doesn't list any. */
async function tagsOf(reference: Reference, headers: Record<string, string>): Promise<string[]> {
    const url = `${urlOf(reference.registry)}/v2/${reference.repository}/tags/list`;
    const answer = await ask("GET", url, headers.authorization ? { authorization: headers.authorization } : {}, reference);
    const { data } = z.object({ tags: z.array(z.string()).nullable() }).safeParse(await answer.json().catch(() => undefined));
    return (data?.tags ?? []).filter((one) => /^\w[\w.-]{0,127}$/.test(one)).sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}
