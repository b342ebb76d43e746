import { X509Certificate } from "crypto";
import * as fs from "fs";
import * as tls from "tls";
import { Client } from "pg";
import { ownSchemas } from "../components/searchpath";
import { DatabaseServer } from "../settings/databaseserver";
import { Settings } from "../settings/settings";
import { bareHost } from "./remedies";

/** Milliseconds. */
const connectTimeout = 5_000;

/** A file that TLS can't use; `key` is the setting that names it. */
export class TlsFileError extends Error {
    constructor(
        readonly key: string,
        message: string,
        /** The file is a private key that others may read: not its content is wrong, but its mode. */
        readonly readableByOthers = false,
    ) {
        super(message);
    }
}

/** A pooler answers where the database was expected. */
export class PoolerError extends Error {}

/** Why a connection failed. `worksWith` is the other sslmode, if pg_hba.conf has an entry for it; `routine` the server's function that refused. */
export type ConnectFailure = NodeJS.ErrnoException & { worksWith?: "require" | "disable"; routine?: string };

/** pg's TLS options for the provider's settings, as its driver (lib/pq) reads them. Throws a TlsFileError. */
export function tlsOptions({ sslmode, sslRootCert, clientCert }: DatabaseServer): false | tls.ConnectionOptions {
    if (sslmode === "disable") return false;
    const inline = clientCert?.inline ?? false;
    const own = clientCert && {
        cert: inline ? clientCert.cert : readFile("clientcert.cert", clientCert.cert),
        key: inline ? clientCert.key : readKey(clientCert.key),
    };
    const root = sslRootCert === "" || sslRootCert === "system" ? undefined : inline ? sslRootCert : readFile("sslrootcert", sslRootCert);
    const verifies = sslmode !== "require" || root !== undefined;
    const options = {
        ...own,
        ...(root ? { ca: root } : {}),
        rejectUnauthorized: verifies,
        checkServerIdentity: sslmode === "verify-full" ? judgeName : () => undefined,
    };
    if (root) parse("sslrootcert", () => new X509Certificate(root));
    if (own) parse("clientcert.cert", () => tls.createSecureContext(own));
    return options;
}

function parse(part: string, read: () => unknown): void {
    try {
        read();
    } catch (cause) {
        throw new TlsFileError(`postgresql:${part}`, `holds nothing that TLS can use (${(cause as Error).message})`);
    }
}

/** Whether the certificate is for this name. Unlike Node's TLS, Go's does not accept a common name. */
function judgeName(host: string, cert: tls.PeerCertificate): Error | undefined {
    if (cert.subjectaltname) return tls.checkServerIdentity(host, cert);
    return Object.assign(new Error(`the certificate has no subjectAltName`), { code: "ERR_TLS_CERT_ALTNAME_INVALID" });
}

function readFile(part: string, file: string): string {
    let text: string;
    try {
        text = fs.readFileSync(file, "utf8");
    } catch (cause) {
        throw new TlsFileError(`postgresql:${part}`, `can't be read (${(cause as Error).message})`);
    }
    // An empty CA would count as none.
    if (text.trim() === "") throw new TlsFileError(`postgresql:${part}`, `holds nothing that TLS can use (${file} is empty)`);
    return text;
}

/** The driver refuses a key that others may read. root's key may be readable by its group. */
function readKey(file: string): string {
    const key = readFile("clientcert.key", file);
    const { mode, uid } = fs.statSync(file);
    if (mode & (uid === 0 ? 0o037 : 0o077)) throw new TlsFileError("postgresql:clientcert.key", `${file} may be read by others`, true);
    return key;
}

/** Connects as the provider does. Throws a ConnectFailure, a TlsFileError or a PoolerError. */
export async function connect({ databaseServer }: Pick<Settings, "databaseServer">, database: string): Promise<Client> {
    try {
        return await open(databaseServer, database, tlsOptions(databaseServer));
    } catch (cause) {
        const failure = cause as ConnectFailure;
        if (failure.code === "28000" && /pg_hba\.conf/.test(failure.message)) {
            const other = databaseServer.sslmode === "disable" ? "require" : "disable";
            if (await hasEntry(databaseServer, database, other)) failure.worksWith = other;
        }
        throw failure;
    }
}

/** Whether pg_hba.conf has an entry for us under the other sslmode: the server then asks for the password. */
async function hasEntry(server: DatabaseServer, database: string, sslmode: "require" | "disable"): Promise<boolean> {
    try {
        await (await open(server, database, tlsOptions({ ...server, sslmode, sslRootCert: "" }))).end();
        return true;
    } catch (cause) {
        return (cause as ConnectFailure).code === "28P01";
    }
}

async function open(server: DatabaseServer, database: string, ssl: false | tls.ConnectionOptions): Promise<Client> {
    const client = new Client({
        host: bareHost(server.host),
        port: server.port,
        user: server.username,
        password: server.password,
        database,
        ssl,
        connectionTimeoutMillis: connectTimeout,
        application_name: "pg-sidecar preflight",
    });
    client.on("error", () => undefined); // a connection that breaks later shows in the query that waits for it
    await client.connect();
    try {
        // The name is qualified, since the search_path is still the server's. A pooler invents the process id that it gives its clients.
        const { rows } = await client.query<{ pid: number }>("SELECT pg_catalog.pg_backend_pid() AS pid");
        if ((client as Client & { processID: number }).processID !== rows[0]!.pid)
            throw new PoolerError(`a pooler answers at ${server.host}:${server.port}, not the database`);
        // Not as an option of the connection, which a pooler refuses. Nor on a pooler's backend, which may keep it for the next client.
        await client.query(`SET search_path = ${ownSchemas.join(", ")}`);
    } catch (cause) {
        await client.end(); // an open socket would keep the command alive
        throw cause;
    }
    return client;
}
