import { configRemove, configSet, OfStack } from "../findings/commands";
import { error, Finding } from "../findings/finding";
import { shellWord } from "../findings/quoting";
import { DockerHost, Settings } from "../settings/settings";
import { sshFix } from "./sshfix";

const startHere = "sudo systemctl start docker";

/** What the fixes name. */
interface Words {
    stack: OfStack;
    /** The host's name or address. */
    name: string;
    /** The folder of the certificates, as a person writes it. */
    folder: string;
}

const goOverSsh = (stack: OfStack) => configSet(stack, "docker:host", "ssh://USER@HOST");
const setCertificates = (stack: OfStack) => `${configSet(stack, "docker:certPath", "FOLDER")}   (of ca.pem, cert.pem and key.pem)`;

// By what the socket, TLS or the engine said. The first that matches counts.
const ofSocket: [RegExp, (stack: OfStack) => string][] = [
    [/EACCES/, () => `let this user use Docker: sudo usermod -aG docker $USER, and log in again   (until then: newgrp docker)`],
    [/ENOENT|ECONNREFUSED/, (stack) => `start Docker here: ${startHere}; or name the host where it runs: ${goOverSsh(stack)}`],
];

const ownCertificate = ({ folder }: Words) =>
    `the engine accepts only certificates that its own CA signed: sign one with that CA, as ${folder}/cert.pem and key.pem`;

const ofTcp: [RegExp, (words: Words) => string][] = [
    [/HTTP request to an HTTPS server/, ({ stack }) => `the engine speaks TLS: ${setCertificates(stack)}`],
    [/wrong version number|packet length too long|http request/i, ({ stack }) => `the engine speaks no TLS: ${configRemove(stack, "docker:certPath")}; unset DOCKER_CERT_PATH`],
    [/no such file .*'([^']*)'/, ({ folder, stack }) => `put ca.pem, cert.pem and key.pem into ${folder}, or name their folder: ${configSet(stack, "docker:certPath", "FOLDER")}`],
    [/EACCES.*pem/, ({ folder }) => `let this user read them: sudo chown -R $USER ${folder}`],
    [/key values mismatch/, ({ folder }) => `cert.pem and key.pem in ${folder} are not a pair: take both from where they were made`],
    [/PEM routines|no start line|bad decrypt|asn1|DECODER/i, ({ folder }) => `the files in ${folder} are not PEM, or the key has a passphrase: openssl x509 -noout -in ${folder}/cert.pem && openssl pkey -noout -in ${folder}/key.pem say which`],
    [/certificate has expired|CERT_HAS_EXPIRED/, () => "the engine's certificate has expired: sign another with the same CA, and restart the engine with it"],
    [/certificate expired/, ({ folder }) => `our own certificate has expired: sign another with the engine's CA, as ${folder}/cert.pem and key.pem`],
    [/does not match certificate|altnames/i, ({ name }) => `the engine's certificate is not for ${name}: name the host in docker:host as the certificate does, or sign one for ${name}`],
    [/self.signed certificate|unable to (get|verify)/, ({ folder }) => `ca.pem in ${folder} is not the CA of the engine's certificate: put the engine's there (its --tlscacert)`],
    [/alert (unknown ca|bad certificate|certificate required|certificate unknown|handshake failure)/, ownCertificate],
    [/ENOTFOUND|EAI_AGAIN/, ({ name, stack }) => `no DNS server knows ${name}: correct it, or take the host's address: ${configSet(stack, "docker:host", "tcp://ADDRESS:PORT")}`],
    [/ECONNREFUSED/, ({ stack }) => `nothing listens there: start the engine with -H tcp://…, or go over ssh, which needs no port: ${goOverSsh(stack)}`],
    [/ETIMEDOUT|no answer within|EHOSTUNREACH|ENETUNREACH/, ({ stack }) => `let the host's firewall pass this port from here, or go over ssh, which needs no port: ${goOverSsh(stack)}`],
    [/Parse Error|ECONNRESET|socket hang up/, ({ stack }) => `what answers there is not a Docker engine, or is one that wants TLS: ${configSet(stack, "docker:host", "tcp://HOST:PORT")}, or: ${setCertificates(stack)}`],
]; // prettier-ignore

/** What a proxy or a plugin in front of the engine has to pass: all that the preflight, the commands and the provider ask. */
export const passFix =
    "let the socket proxy or plugin in front of the engine pass containers, distribution, exec, images, info, networks, ping, version and volumes, with each method";

/** Whether what is in front of the engine refused a request, by the error's message. */
export const isForbidden = (message: string) => /answers 403/.test(message);

/** Why the engine can't be reached, and what fixes it. It is an error in a preview too: the providers' lookups would fail there with a stack trace. */
export function explainUnreachableEngine({ message }: Error, { docker, stack }: Pick<Settings, "docker" | "stack">): Finding {
    // Some TLS errors end with a line break.
    return error(
        `the Docker engine at ${docker.host} can't be reached from here (${message.trim()})`,
        engineFix(docker, message, { stack }),
    );
}

/** What fixes an engine that can't be reached, by the message. */
function engineFix(docker: DockerHost, message: string, stack: OfStack): string {
    const { host, tls } = docker;
    const tryByHand = `try it by hand: docker -H ${host} version`;
    if (isForbidden(message)) return passFix;
    if (host.startsWith("ssh:")) return sshFix(docker, message, stack) ?? `${tryByHand}; or name another host: ${goOverSsh(stack)}`;
    if (host.startsWith("unix:"))
        return ofSocket.find(([pattern]) => pattern.test(message))?.[1](stack) ?? `start it: ${startHere}, or: ${goOverSsh(stack)}`;
    const words = {
        stack,
        name: new URL(host).hostname,
        folder: tls && "certPath" in tls ? shellWord(tls.certPath) : "docker:caMaterial, certMaterial and keyMaterial",
    };
    // Under TLS 1.3, the engine refuses our certificate after the handshake, in some versions without a message.
    if (tls && /ECONNRESET|socket hang up/.test(message)) return ownCertificate(words);
    return ofTcp.find(([pattern]) => pattern.test(message))?.[1](words) ?? `${tryByHand}; or go over ssh: ${goOverSsh(stack)}`;
}
