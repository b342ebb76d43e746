import { DockerHost } from "../settings/settings";
import { sshRemedy } from "./ssh";

const startHere = "sudo systemctl start docker";
const elsewhere = "pulumi config set docker:host ssh://USER@HOST";

interface Words {
    /** The host's name or address, for TCP. */
    name: string;
    /** The folder of the certificates, as a person writes it. */
    folder: string;
}

// By what the socket, TLS or the engine said. The first that matches counts.
const ofSocket: [RegExp, string][] = [
    [/EACCES/, `let this user use Docker: sudo usermod -aG docker $USER, and log in again   (until then: newgrp docker)`],
    [/ENOENT|ECONNREFUSED/, `start Docker here: ${startHere}; or name where it is: ${elsewhere}`],
];

const ownCertificate = ({ folder }: Words) =>
    `the engine takes no certificate but its own CA's: sign one with it, as ${folder}/cert.pem and key.pem`;

const ofTcp: [RegExp, (words: Words) => string][] = [
    [/HTTP request to an HTTPS server/, () => "the engine speaks TLS: pulumi config set docker:certPath FOLDER   (of ca.pem, cert.pem and key.pem)"],
    [/wrong version number|packet length too long|http request/i, () => "the engine speaks no TLS: pulumi config rm docker:certPath; unset DOCKER_CERT_PATH"],
    [/no such file .*'([^']*)'/, ({ folder }) => `put ca.pem, cert.pem and key.pem into ${folder}, or name their folder: pulumi config set docker:certPath FOLDER`],
    [/EACCES.*pem/, ({ folder }) => `let this user read them: sudo chown -R $USER ${folder}`],
    [/key values mismatch/, ({ folder }) => `cert.pem and key.pem in ${folder} are not of one pair: take both from where they were made`],
    [/PEM routines|no start line|bad decrypt|asn1|DECODER/i, ({ folder }) => `what is in ${folder} is no PEM, or its key has a passphrase: openssl x509 -noout -in ${folder}/cert.pem && openssl pkey -noout -in ${folder}/key.pem say which`],
    [/certificate has expired|CERT_HAS_EXPIRED/, () => "the engine's certificate has expired: sign another with the same CA, and restart the engine with it"],
    [/certificate expired/, ({ folder }) => `our own certificate has expired: sign another with the engine's CA, as ${folder}/cert.pem and key.pem`],
    [/does not match certificate|altnames/i, ({ name }) => `the engine's certificate is not for ${name}: name the host in docker:host as the certificate does, or sign one for ${name}`],
    [/self.signed certificate|unable to (get|verify)/, ({ folder }) => `ca.pem in ${folder} is not the CA of the engine's certificate: put the engine's there (its --tlscacert)`],
    [/alert (unknown ca|bad certificate|certificate required|certificate unknown|handshake failure)/, ownCertificate],
    [/ENOTFOUND|EAI_AGAIN/, ({ name }) => `no DNS server knows ${name}: write it right, or take the host's address: pulumi config set docker:host tcp://ADDRESS:PORT`],
    [/ECONNREFUSED/, () => `nothing listens there: start the engine with -H tcp://…, or go over ssh, which needs no port: ${elsewhere}`],
    [/ETIMEDOUT|no answer within|EHOSTUNREACH|ENETUNREACH/, () => `let the host's firewall pass this port from here, or go over ssh, which needs no port: ${elsewhere}`],
    [/Parse Error|ECONNRESET|socket hang up/, () => "what answers there is no Docker engine, or one that wants TLS: pulumi config set docker:host tcp://HOST:PORT, or: pulumi config set docker:certPath FOLDER   (of ca.pem, cert.pem and key.pem)"],
]; // prettier-ignore

/** What fixes an engine that can't be reached, by what was said. */
export function reachRemedy(docker: DockerHost, said: string): string {
    const { host, tls } = docker;
    if (/answers 403/.test(said))
        return `let what stands before the engine (a socket proxy, an authorization plugin) pass containers, exec, images, networks and volumes`;
    if (host.startsWith("ssh:"))
        return sshRemedy(docker, said) ?? `see what it says by hand: docker -H ${host} version; or name another host: ${elsewhere}`;
    if (host.startsWith("unix:"))
        return ofSocket.find(([pattern]) => pattern.test(said))?.[1] ?? `start it: ${startHere}, or: ${elsewhere}`;
    const words = {
        name: new URL(host).hostname,
        folder: tls && "certPath" in tls ? tls.certPath : "docker:caMaterial, certMaterial and keyMaterial",
    };
    // Under TLS 1.3 our certificate is turned away after the handshake, by some servers without a word.
    if (tls && /ECONNRESET|socket hang up/.test(said)) return ownCertificate(words);
    return (
        ofTcp.find(([pattern]) => pattern.test(said))?.[1](words) ??
        `see what it says by hand: docker -H ${host} version; or go over ssh: ${elsewhere}`
    );
}
