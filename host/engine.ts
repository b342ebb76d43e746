import * as fs from "fs";
import * as http from "http";
import * as https from "https";
import { isIP } from "net";
import { join } from "path";
import { defaultHost, DockerHost } from "../settings/settings";
import { forStack } from "../findings/finding";
import { reachRemedy } from "./unreachableengine";
import { overSsh } from "./ssh";

const timeout = 20_000;

/** Asks the Docker engine's API, as the provider does: over its socket, TCP, or ssh. Undefined where it has no such thing. */
export async function ask<T>(docker: DockerHost, path: string): Promise<T | undefined> {
    const { status, body } = await send(docker, "GET", path);
    if (status === 404) return undefined;
    if (status !== 200) throw new Error(`the Docker engine at ${docker.host} answers ${status} to ${path}: ${body.trim()}`);
    return JSON.parse(body) as T;
}

/** Tells the engine to do something; what is done or gone already is no error. */
export async function tell(docker: DockerHost, method: "POST" | "DELETE", path: string): Promise<void> {
    const { status, body } = await send(docker, method, path);
    if (status >= 400 && status !== 404) {
        throw new Error(`the Docker engine at ${docker.host} answers ${status} to ${method} ${path}: ${body.trim()}`);
    }
}

/** What to say of an engine that can't be reached, and what fixes it. */
export function unreached(docker: DockerHost, stack: string, { message }: Error): { what: string; remedy: string } {
    return {
        what: `the Docker engine at ${docker.host} can't be reached from here (${message})`,
        remedy: forStack(stack, reachRemedy(docker, message)),
    };
}

/** How a person calls docker on this engine from here. */
export function dockerCommand({ host, tls }: DockerHost): string {
    if (host === defaultHost) return "docker";
    const certified = tls && "certPath" in tls ? `DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH='${tls.certPath}' ` : "";
    return `${certified}docker -H ${host}`;
}

async function send(docker: DockerHost, method: string, path: string): Promise<{ status: number; body: string }> {
    const { status, body } = await exchange(docker, method, path);
    return { status, body: body.toString() };
}

/** One request and its whole answer, as bytes. `within` is in milliseconds. */
export function exchange(
    docker: DockerHost,
    method: string,
    path: string,
    { send, within = timeout }: { send?: object; within?: number } = {},
): Promise<{ status: number; body: Buffer }> {
    const content = send ? JSON.stringify(send) : "";
    const headers = { host: "docker", "content-type": "application/json", "content-length": Buffer.byteLength(content) };
    return new Promise((resolve, reject) => {
        const through = transport(docker);
        const request = ("ca" in through ? https : http).request({ ...through, method, path, headers }, (response) => {
            const chunks: Buffer[] = [];
            response.on("data", (chunk: Buffer) => chunks.push(chunk));
            response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
            response.on("error", reject);
        });
        // A clock of our own: a pipe to ssh has no timeout.
        const clock = setTimeout(() => request.destroy(new Error(`no answer within ${within / 1000} s`)), within);
        request.on("close", () => clearTimeout(clock));
        request.on("error", reject);
        request.end(content);
    });
}

function transport(docker: DockerHost): https.RequestOptions {
    const url = new URL(docker.host);
    switch (url.protocol) {
        case "unix:":
            return { socketPath: url.pathname };
        case "ssh:":
            return { createConnection: () => overSsh(docker) };
        default: {
            // tcp: and http:, as settings.ts lets nothing else through
            const host = url.hostname.replace(/^\[|\]$/g, ""); // of an IPv6 address
            const port = url.port || (docker.tls ? 2376 : 2375);
            // Without a name of its own the certificate would have to be for the `host` header's.
            return { host, port, ...(docker.tls ? { servername: isIP(host) ? "" : host, ...certificates(docker.tls) } : {}) };
        }
    }
}

/** The engine's CA, and our own certificate and key. */
function certificates(tls: NonNullable<DockerHost["tls"]>): Record<"ca" | "cert" | "key", string> {
    if (!("certPath" in tls)) return tls;
    const read = (name: string) => fs.readFileSync(join(tls.certPath, name), "utf8");
    return { ca: read("ca.pem"), cert: read("cert.pem"), key: read("key.pem") };
}
