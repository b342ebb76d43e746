import * as fs from "fs";
import * as http from "http";
import * as https from "https";
import { socket } from "../../../lab/engine";
import { Identity } from "../../../lab/identity";
import { images } from "../../../lab/images";
import { inLab } from "../../../lab/paths";
import { attempt, run, until } from "../../../lab/run";
import { bin, ensureTraefik } from "../../../lab/toolchain";
import { Authority } from "./authority";

/** A Traefik as a Coolify host has it, in front of a domain that exists in the test only. */
export interface Proxy {
    network: string;
    domain: string;
    httpsPort: number;
    httpPort: number;
    /** The CA that vouches for the domain, made for this proxy. */
    caFile: string;
    /** Its container's id. */
    container: string;
    logs(): Promise<string>;
    stop(): Promise<void>;
}

/** The socket of the engine that the lab is on. */
export const socketFile = (process.env.DOCKER_HOST ?? socket).replace(/^unix:\/\//, "");

/** Everything of the proxy's on this machine: Coolify's /data/coolify/proxy, and the CA beside it. */
const inFolder = (...parts: string[]) => inLab("proxy", ...parts);

/** Starts the proxy on a network of its own, which containers come to it by, and waits until it serves the domain's certificate. */
export async function startProxy(lab: Identity, domain: string): Promise<Proxy> {
    await ensureTraefik();
    fs.rmSync(inFolder(), { recursive: true, force: true });
    const authority = await makeCertificate(domain);
    const network = `coolify-${lab.id}`;
    const name = `coolify-proxy-${lab.id}`;
    await attempt("docker", ["rm", "-f", "-v", name]); // of a run that was cut midway
    if ((await attempt("docker", ["network", "inspect", network])).code !== 0) await run("docker", ["network", "create", network]);
    const started = await run("docker", [
        "run", "-d", "--name", name, "--network", network, "--network-alias", domain, "-p", "127.0.0.1::80", "-p", "127.0.0.1::443",
        "-v", `${socketFile}:/var/run/docker.sock:ro`, "-v", `${inFolder("traefik")}:/traefik`, "-v", `${bin}/traefik:/usr/local/bin/traefik:ro`,
        "--user", "root", "--entrypoint", "/usr/local/bin/traefik", images().pgbouncer, ...command,
    ]); // prettier-ignore
    const container = started.trim();
    const proxy: Proxy = {
        network,
        domain,
        httpsPort: await publishedPort(container, 443),
        httpPort: await publishedPort(container, 80),
        caFile: authority.file,
        container,
        async logs() {
            const { stdout, stderr } = await attempt("docker", ["logs", container]);
            return stdout + stderr;
        },
        async stop() {
            await run("docker", ["rm", "-f", "-v", container]);
            await attempt("docker", ["network", "rm", network]); // if pgAdmin is still on it, the next proxy uses it
        },
    };
    try {
        await until("the proxy", 30, async () => (await ask(proxy, "http", "/ping")).status === 200 && ask(proxy, "https"));
    } catch (cause) {
        const said = await proxy.logs();
        await proxy.stop();
        throw new Error(`${(cause as Error).message}\n${said}`);
    }
    return proxy;
}

/** Coolify's own command line (bootstrap/helpers/proxy.php), but for what comes after the empty line. */
const command = [
    "--ping=true",
    "--ping.entrypoint=http",
    "--api.dashboard=true",
    "--entrypoints.http.address=:80",
    "--entrypoints.https.address=:443",
    "--entrypoints.http.http.encodequerysemicolons=true",
    "--entryPoints.http.http2.maxConcurrentStreams=250",
    "--entrypoints.https.http.encodequerysemicolons=true",
    "--entryPoints.https.http2.maxConcurrentStreams=250",
    "--entrypoints.https.http3",
    "--providers.file.directory=/traefik/dynamic/",
    "--providers.file.watch=true",
    "--certificatesresolvers.letsencrypt.acme.httpchallenge=true",
    "--certificatesresolvers.letsencrypt.acme.httpchallenge.entrypoint=http",
    "--certificatesresolvers.letsencrypt.acme.storage=/traefik/acme.json",
    "--api.insecure=false",
    "--providers.docker=true",
    "--providers.docker.exposedbydefault=false",

    "--certificatesresolvers.letsencrypt.acme.caserver=https://127.0.0.1:9/directory", // nobody listens there: the test asks no CA
    "--global.checknewversion=false",
    "--log.level=INFO",
    "--log.nocolor=true", // it would colour the lines for a reader that is no terminal, too
];

/** Makes a certificate of the domain's and puts it where Traefik's file provider finds it. */
async function makeCertificate(domain: string): Promise<Authority> {
    const authority = await Authority.make(inFolder());
    await authority.sign("server", inFolder("traefik/server"), `DNS:${domain}`);
    const tls = { certificates: [{ certFile: "/traefik/server.pem", keyFile: "/traefik/server.key" }] };
    fs.mkdirSync(inFolder("traefik/dynamic"), { recursive: true });
    fs.writeFileSync(inFolder("traefik/dynamic/certificate.yaml"), JSON.stringify({ tls })); // YAML takes JSON
    return authority;
}

async function publishedPort(container: string, port: number): Promise<number> {
    const format = `{{(index .NetworkSettings.Ports "${port}/tcp" 0).HostPort}}`;
    return Number(await run("docker", ["inspect", "-f", format, container]));
}

export interface Answer {
    status: number;
    headers: http.IncomingHttpHeaders;
    body: string;
}

/** Asks for a page of the domain's, from this machine; a certificate that the CA doesn't vouch for is an error. */
export function ask(proxy: Proxy, scheme: "http" | "https", page = "/"): Promise<Answer> {
    const { domain } = proxy;
    const options = { host: "127.0.0.1", path: page, headers: { host: domain }, agent: false, timeout: 10_000 };
    return new Promise((resolve, reject) => {
        const take = (response: http.IncomingMessage) => {
            let body = "";
            response.setEncoding("utf8");
            response.on("data", (chunk: string) => (body += chunk));
            response.on("error", reject);
            response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers, body }));
        };
        const request =
            scheme === "http"
                ? http.get({ ...options, port: proxy.httpPort }, take)
                : https.get({ ...options, port: proxy.httpsPort, servername: domain, ca: fs.readFileSync(proxy.caFile) }, take);
        request.on("timeout", () => request.destroy(new Error(`no answer from ${scheme}://${domain}${page}`)));
        request.on("error", reject);
    });
}
