import * as fs from "fs";
import * as http from "http";
import * as https from "https";
import { isIP } from "net";
import { join } from "path";
import { shellWord } from "../findings/quoting";
import { defaultHost, DockerHost } from "../settings/settings";
import { sshAgent } from "./ssh";

/** Milliseconds. */
const defaultTimeout = 20_000;

/** GETs JSON from the engine's API, as the provider does: over its socket, TCP or ssh. Undefined if the engine answers 404. */
export async function get<T>(docker: DockerHost, path: string): Promise<T | undefined> {
    const answer = await request(docker, "GET", path);
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw refused(docker, `GET ${path}`, answer);
    return JSON.parse(answer.body.toString()) as T;
}

/** POSTs to the engine's API and returns the answer's body. Throws if the engine refuses; 304, "already so", is not a refusal. */
export async function post(docker: DockerHost, path: string, options: RequestOptions = {}): Promise<Buffer> {
    const answer = await request(docker, "POST", path, options);
    if (answer.status >= 400) throw refused(docker, `POST ${path}`, answer);
    return answer.body;
}

/** PUTs a tar archive. Throws if the engine refuses. */
export async function put(docker: DockerHost, path: string, archive: Buffer): Promise<void> {
    const answer = await request(docker, "PUT", path, { archive });
    if (answer.status >= 400) throw refused(docker, `PUT ${path}`, answer);
}

/** DELETEs something from the engine. What is gone already is not an error. */
export async function remove(docker: DockerHost, path: string): Promise<void> {
    const answer = await request(docker, "DELETE", path);
    if (answer.status >= 400 && answer.status !== 404) throw refused(docker, `DELETE ${path}`, answer);
}

const refused = ({ host }: DockerHost, asked: string, { status, body }: Answer) =>
    new Error(`the Docker engine at ${host} answers ${status} to ${asked}: ${body.toString().trim()}`);

/** The docker command for this engine, as a person calls it from here. */
export function dockerCommand({ host, tls }: DockerHost): string {
    if (host === defaultHost) return "docker";
    const certified = tls && "certPath" in tls ? `DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=${shellWord(tls.certPath)} ` : "";
    return `${certified}docker -H ${shellWord(host)}`;
}

export interface RequestOptions {
    /** Sent as JSON. */
    json?: object;
    /** Sent as it is, as a tar archive. */
    archive?: Buffer;
    /** Milliseconds for the whole answer; default 20,000. */
    timeout?: number;
}

export interface Answer {
    status: number;
    body: Buffer;
}

/** One request to the engine's API and its whole answer, whatever its status. Rejects if the engine can't be reached or is too slow. */
export function request(
    docker: DockerHost,
    method: string,
    path: string,
    { json, archive, timeout = defaultTimeout }: RequestOptions = {},
): Promise<Answer> {
    const content = archive ?? Buffer.from(json ? JSON.stringify(json) : "");
    const type = archive ? "application/x-tar" : "application/json";
    const headers = { host: "docker", "content-type": type, "content-length": content.length };
    return new Promise((resolve, reject) => {
        const connection = transport(docker);
        const sent = ("ca" in connection ? https : http).request({ ...connection, method, path, headers }, (response) => {
            const chunks: Buffer[] = [];
            response.on("data", (chunk: Buffer) => chunks.push(chunk));
            response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
            response.on("error", reject);
        });
        // Not http's own timeout: a pipe to ssh has none.
        const deadline = setTimeout(() => sent.destroy(new Error(`no answer within ${timeout / 1000} s`)), timeout);
        sent.on("close", () => clearTimeout(deadline));
        // One that the far side ended just now has taken no request.
        const ended = (cause: NodeJS.ErrnoException) => method === "GET" && sent.reusedSocket && cause.code === "ECONNRESET";
        sent.on("error", (cause) => {
            if (ended(cause)) request(docker, method, path, { timeout }).then(resolve, reject);
            else reject(cause);
        });
        sent.end(content);
    });
}

function transport(docker: DockerHost): https.RequestOptions {
    const url = new URL(docker.host);
    switch (url.protocol) {
        case "unix:":
            return { socketPath: url.pathname };
        case "ssh:":
            return { agent: sshAgent(docker) };
        default: {
            // tcp: or http:, since the settings allow nothing else
            const host = url.hostname.replace(/^\[|\]$/g, ""); // around an IPv6 address
            const port = url.port || (docker.tls ? 2376 : 2375);
            // Without servername, Node would check the certificate against the `host` header.
            return { host, port, ...(docker.tls ? { servername: isIP(host) ? "" : host, ...certificates(docker.tls) } : {}) };
        }
    }
}

/** The engine's CA, and our own certificate and key, as PEM. */
function certificates(tls: NonNullable<DockerHost["tls"]>): Record<"ca" | "cert" | "key", string> {
    if (!("certPath" in tls)) return tls;
    const read = (name: string) => fs.readFileSync(join(tls.certPath, name), "utf8");
    return { ca: read("ca.pem"), cert: read("cert.pem"), key: read("key.pem") };
}
