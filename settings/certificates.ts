import { createPrivateKey, KeyObject, X509Certificate } from "crypto";
import { verifies } from "../components/pgbouncer/tls";
import { Mistakes } from "./mistakes";
import { Key, OwnSettings } from "./schema";

type TlsKey = Extract<Key, `${"server" | "client"}Tls${string}`>;

/** Reports certificates and keys of the settings that can't do what they are for. `now` is for tests. */
export function findUnusableCertificates(settings: OwnSettings, mistakes: Mistakes, now = new Date()): void {
    const check = new Check(settings, mistakes, now);
    check.server();
    check.client();
}

/** The certificates in a PEM text, in its order; undefined if there are none, or one can't be read. */
export function certificatesIn(text: string): X509Certificate[] | undefined {
    const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
    try {
        return blocks.length > 0 ? blocks.map((block) => new X509Certificate(block)) : undefined;
    } catch {
        return undefined;
    }
}

function keyIn(text: string): KeyObject | undefined {
    try {
        return createPrivateKey(text);
    } catch {
        return undefined;
    }
}

class Check {
    constructor(
        private readonly settings: OwnSettings,
        private readonly mistakes: Mistakes,
        private readonly now: Date,
    ) {}

    /** The CA of the database's certificate, and the pooler's own certificate for the database. */
    server(): void {
        const { serverTlsSslmode: mode, serverTlsCa } = this.settings;
        if (serverTlsCa === "" && verifies(mode)) {
            const what = `is missing: serverTlsSslmode ${mode} checks the database's certificate with its CA's`;
            this.mistakes.add("serverTlsCa", what, this.fromFile("serverTlsCa"));
        }
        if (serverTlsCa !== "" && !verifies(mode)) {
            const what = `is ${mode}, which checks no certificate, but serverTlsCa is set`;
            this.mistakes.add("serverTlsSslmode", what, this.mistakes.set("serverTlsSslmode", "verify-ca"));
        }
        const authorities = this.certificates("serverTlsCa");
        if (authorities && !authorities.some(isRoot)) {
            const what = "lacks a root (a certificate that has signed itself), without which pgbouncer refuses every certificate";
            this.mistakes.add("serverTlsCa", what, `${this.fromFile("serverTlsCa")}   (with the root's certificate)`);
        }
        if (this.settings.serverTlsCert !== "" && mode === "disable" && serverTlsCa === "") {
            const what = "is disable, so the pooler shows the database no certificate, but serverTlsCert is set";
            this.mistakes.add("serverTlsSslmode", what, `${this.mistakes.set("serverTlsSslmode", "prefer")}${this.orWithout("server")}`);
        }
        this.pair("serverTlsCert", "serverTlsKey");
    }

    /** The pooler's certificate for its clients, and the CA with which they check it. */
    client(): void {
        const { clientTlsSslmode, clientTlsCert, clientTlsCa, pgbouncerAlias } = this.settings;
        if (clientTlsCert !== "" && clientTlsSslmode === "disable") {
            const what = "is disable, so clients connect without TLS, but clientTlsCert is set";
            this.mistakes.add("clientTlsSslmode", what, `${this.mistakes.set("clientTlsSslmode", "prefer")}${this.orWithout("client")}`);
        }
        const [cert, ...chain] = this.pair("clientTlsCert", "clientTlsKey") ?? [];
        if (clientTlsCert !== "" && clientTlsCa === "") {
            this.mistakes.add(
                "clientTlsCa",
                "is missing: pgAdmin checks clientTlsCert with its CA's certificate",
                this.fromFile("clientTlsCa"),
            );
        }
        if (clientTlsCert === "" && clientTlsCa !== "") {
            const what = "is set, but clientTlsCert is not: without one, the stack makes a CA and a certificate of its own";
            this.mistakes.add("clientTlsCa", what, this.mistakes.remove("clientTlsCa"));
        }
        const authorities = this.certificates("clientTlsCa");
        if (!cert) return;
        if (!cert.checkHost(pgbouncerAlias)) {
            const names = cert.subjectAltName ?? cert.subject.replace(/\s+/g, " ");
            const name = /DNS:([A-Za-z0-9][A-Za-z0-9.-]*)/.exec(names)?.[1] ?? "NAME";
            const what = `is for ${names}, and clients reach the pooler by the name ${pgbouncerAlias} (pgbouncerAlias)`;
            this.mistakes.add(
                "clientTlsCert",
                what,
                `${this.mistakes.set("pgbouncerAlias", name)}   (or set a certificate for ${pgbouncerAlias})`,
            );
        }
        if (!authorities) return;
        const isAuthority = (end: X509Certificate) => authorities.some((one) => one.fingerprint256 === end.fingerprint256);
        const found = ends(cert, chain, authorities);
        if (found.some((end) => isRoot(end) && isAuthority(end))) return;
        const last = found.find(isAuthority);
        if (last) {
            const what = `lacks the root of clientTlsCert, without which pgAdmin refuses it: ${oneLine(last.issuer)} has signed ${oneLine(last.subject)}`;
            this.mistakes.add("clientTlsCa", what, `${this.fromFile("clientTlsCa")}   (with the root's certificate)`);
        } else {
            const what = "has not signed clientTlsCert, nor what clientTlsCert is signed by";
            this.mistakes.add("clientTlsCa", what, this.fromFile("clientTlsCa"));
        }
    }

    /** How to keep a leg without TLS. */
    private orWithout(leg: "server" | "client"): string {
        const keys = (["Cert", "Key", "Ca"] as const).map((part): TlsKey => `${leg}Tls${part}`).filter((key) => this.settings[key] !== "");
        return `   (then TLS is used where the other end can), or, to stay without TLS: ${keys.map((key) => this.mistakes.remove(key)).join("; ")}`;
    }

    private fromFile(key: TlsKey): string {
        const file = `< ${key.endsWith("Ca") ? "ca.pem" : key.endsWith("Cert") ? "cert.pem" : "key.pem"}`;
        return key.endsWith("Key") ? this.mistakes.setSecret(key, file) : this.mistakes.set(key, file);
    }

    /** Reads a setting's certificates, and reports what is wrong with them. */
    private certificates(key: TlsKey): X509Certificate[] | undefined {
        const text = this.settings[key];
        if (text === "") return undefined;
        const found = certificatesIn(text);
        if (!found) this.mistakes.add(key, "holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)", this.fromFile(key));
        const expired = found?.find(({ validTo }) => new Date(validTo) <= this.now);
        if (expired)
            this.mistakes.add(key, `expired on ${expired.validTo} (${oneLine(expired.subject)})`, `${this.fromFile(key)}   (a new one)`);
        return found;
    }

    /** Reads a certificate with its key, and reports what is wrong with them. */
    private pair(certKey: TlsKey, keyKey: TlsKey): X509Certificate[] | undefined {
        const [cert, key] = [this.settings[certKey], this.settings[keyKey]];
        if (cert === "" && key === "") return undefined;
        const found = this.certificates(certKey);
        if (cert === "") this.mistakes.add(certKey, `is missing: ${keyKey} needs its certificate`, this.fromFile(certKey));
        if (key === "") this.mistakes.add(keyKey, `is missing: ${certKey} needs its key`, this.fromFile(keyKey));
        if (key === "") return found;
        const read = keyIn(key);
        if (!read)
            this.mistakes.add(keyKey, "holds no key in PEM form without a passphrase (-----BEGIN PRIVATE KEY-----)", this.fromFile(keyKey));
        else if (found && !found[0]!.checkPrivateKey(read)) {
            this.mistakes.add(keyKey, `is not the key of ${certKey} (${oneLine(found[0]!.subject)})`, this.fromFile(keyKey));
        }
        return found;
    }
}

const oneLine = (subject: string) => subject.replace(/\n/g, ", ");

/** Whether a certificate has signed itself. OpenSSL trusts nothing else by itself, in libpq and in pgbouncer. */
const isRoot = (one: X509Certificate) => one.subject === one.issuer && one.verify(one.publicKey);

/** The certificates at which the ways from one to its signers end. Past an authority OpenSSL looks at authorities alone, and so do these. */
function ends(cert: X509Certificate, chain: X509Certificate[], authorities: X509Certificate[]): X509Certificate[] {
    if (isRoot(cert)) return [cert];
    const signers = (list: X509Certificate[]) => list.filter((by) => cert.checkIssued(by) && cert.verify(by.publicKey));
    const without = (list: X509Certificate[], gone: X509Certificate) => list.filter((one) => one !== gone);
    const trusted = signers(authorities).flatMap((one) => ends(one, [], without(authorities, one)));
    if (trusted.length > 0) return trusted;
    const given = signers(chain).flatMap((one) => ends(one, without(chain, one), authorities));
    return given.length > 0 ? given : [cert];
}
