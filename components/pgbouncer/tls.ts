import { ContainerFile } from "../../host/files";
import { configDir } from "./ini";

/** How the pooler uses TLS to the database, by libpq's names. `prefer` is pgbouncer's own default. */
export const serverTlsModes = ["disable", "prefer", "require", "verify-ca", "verify-full"] as const;
export type ServerTlsMode = (typeof serverTlsModes)[number];

/** How the pooler uses TLS to its clients. pgbouncer's verify-ca and verify-full ask each client for a certificate, which nobody's login here needs. */
export const clientTlsModes = ["disable", "allow", "prefer", "require"] as const;
export type ClientTlsMode = (typeof clientTlsModes)[number];

/** Name of the CA that the stack makes for itself. */
export const authorityName = (owner: string): string => `pg-sidecar ${owner}`;

/** Whether a CA of this name is one that this project's stack made: after `pulumi stack rename`, it keeps the former name. */
export const isOwnAuthority = (name: string, owner: string): boolean => name.startsWith(authorityName(owner.replace(/[^/]*$/, "")));

/** Whether the mode checks who the database is. */
export const verifies = (mode: ServerTlsMode) => mode === "verify-ca" || mode === "verify-full";

/** What pgbouncer.ini says of TLS. Of the certificates it needs only whether there are any ("" for none). */
export interface TlsIni {
    serverTlsSslmode: ServerTlsMode;
    serverTlsCa: string;
    serverTlsCert: string;
    clientTlsSslmode: ClientTlsMode;
}

/** Where `run` keeps the certificates and keys in force, in its container. They are its account's, and nobody else reads them, as libpq wants a key. */
export const certificatesDir = "/tmp/certificates";

/** Name of the file with serverTlsCa. */
export const serverCaFile = "server-ca.pem";

const file = (name: string) => `${configDir}/${name}`; // `common` puts the folder of the settings in force in its place

/** The lines of pgbouncer.ini about TLS. */
export function tlsLines({ serverTlsSslmode, serverTlsCa, serverTlsCert, clientTlsSslmode }: TlsIni): string[] {
    return [
        `server_tls_sslmode = ${serverTlsSslmode}`,
        ...(serverTlsCa ? [`server_tls_ca_file = ${file(serverCaFile)}`] : []),
        ...(serverTlsCert ? [`server_tls_cert_file = ${file("server-cert.pem")}`, `server_tls_key_file = ${file("server-key.pem")}`] : []),
        // The certificate is compared with the name, so pgbouncer looks the name up itself, and has to see a database that moves.
        ...(serverTlsSslmode === "verify-full" ? ["dns_max_ttl = 1", "dns_nxdomain_ttl = 1"] : []),
        `client_tls_sslmode = ${clientTlsSslmode}`,
        ...(clientTlsSslmode === "disable"
            ? []
            : [`client_tls_cert_file = ${file("client-cert.pem")}`, `client_tls_key_file = ${file("client-key.pem")}`]),
    ];
}

/** The files that these lines name, as far as the settings have them. Keys are among them. */
export function serverTlsFiles(settings: Pick<TlsIni, "serverTlsCa" | "serverTlsCert"> & { serverTlsKey: string }): ContainerFile[] {
    return [
        { name: serverCaFile, text: settings.serverTlsCa },
        { name: "server-cert.pem", text: settings.serverTlsCert },
        { name: "server-key.pem", text: settings.serverTlsKey },
    ].filter(({ text }) => text !== "");
}

/** The pooler's own certificate and its key, with which it answers clients. */
export function clientTlsFiles({ cert, key }: { cert: string; key: string }): ContainerFile[] {
    return [
        { name: "client-cert.pem", text: cert },
        { name: "client-key.pem", text: key },
    ];
}
