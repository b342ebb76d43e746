import "reflect-metadata"; // which @peculiar/x509 expects to be loaded
import { webcrypto } from "crypto";
import * as x509 from "@peculiar/x509";
import * as pulumi from "@pulumi/pulumi";
import { authorityName } from "./tls";

/** Node's own, under the name that the library gives a browser's: not every TypeScript project knows that one. */
const engine = webcrypto as unknown as Parameters<typeof x509.SubjectKeyIdentifierExtension.create>[2];

/** A certificate and its key, both PEM. The key is a secret. */
export interface Certified {
    cert: string;
    key: string;
}

const day = 86_400_000;

/** Days between two certificates of the pooler. Each is valid for two such periods, so one of an earlier `up` has half of its time left. */
export const periodDays = 180;

/** Years for which the stack's CA is valid. */
const authorityYears = 20;

/** Number of the period in which `now` is. A certificate is renewed by the first `up` of a period. */
export const period = (now: Date) => Math.floor(now.getTime() / (periodDays * day));

/** When the certificate of the period of `now` expires: at the end of the next one. */
export const expiry = (now: Date) => new Date((period(now) + 2) * periodDays * day);

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const usage: KeyUsage[] = ["sign", "verify"];
type KeyUsage = "sign" | "verify";

const makeKeys = () => webcrypto.subtle.generateKey(algorithm, true, usage);

/** The clock of another machine may be behind this one's. */
const since = (now: Date) => new Date(now.getTime() - day);

/** Makes a CA for one stack: it signs the pooler's certificate and nothing below it. */
export async function makeAuthority(owner: string, now = new Date()): Promise<Certified> {
    const keys = await makeKeys();
    const cert = await x509.X509CertificateGenerator.createSelfSigned(
        {
            name: [{ CN: [authorityName(owner)] }],
            notBefore: since(now),
            notAfter: new Date(now.getTime() + authorityYears * 365 * day),
            signingAlgorithm: algorithm,
            keys,
            extensions: [
                new x509.BasicConstraintsExtension(true, 0, true),
                new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
                await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, engine),
            ],
        },
        engine,
    );
    return { cert: pem(cert), key: await exportKey(keys.privateKey) };
}

/** Makes the pooler's certificate: for its name on its networks, and for its own container's loopback. */
export async function makeCertificate(authority: Certified, alias: string, now = new Date()): Promise<Certified> {
    const keys = await makeKeys();
    const issuer = new x509.X509Certificate(authority.cert);
    const cert = await x509.X509CertificateGenerator.create(
        {
            subject: [{ CN: [alias.slice(0, 64)] }],
            issuer: issuer.subject,
            notBefore: since(now),
            notAfter: expiry(now),
            signingAlgorithm: algorithm,
            publicKey: keys.publicKey,
            signingKey: await importKey(authority.key),
            extensions: [
                new x509.BasicConstraintsExtension(false, undefined, true),
                new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
                new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
                new x509.SubjectAlternativeNameExtension([
                    { type: "dns", value: alias },
                    { type: "dns", value: "localhost" },
                    { type: "ip", value: "127.0.0.1" },
                ]),
                await x509.AuthorityKeyIdentifierExtension.create(issuer, false, engine),
            ],
        },
        engine,
    );
    return { cert: pem(cert), key: await exportKey(keys.privateKey) };
}

const pem = (cert: x509.X509Certificate) => `${cert.toString("pem")}\n`;

const keyTag = "PRIVATE KEY";

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
    return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), keyTag)}\n`;
}

const importKey = (key: string) => webcrypto.subtle.importKey("pkcs8", x509.PemConverter.decodeFirst(key), algorithm, false, ["sign"]);

export interface PoolerCertificateArgs {
    /** The stack, `project/stack`. */
    owner: string;
    /** The pooler's name on its networks. */
    alias: string;
    /** The time of this run; by default now. */
    now?: Date;
}

/**
 * A CA and the pooler's certificate, made once and kept in the stack's state as secrets. The first `up` of a period replaces the
 * certificate, and so does another name or another CA. `pulumi up --replace` with the Stash of either makes a new one.
 */
export class PoolerCertificate extends pulumi.ComponentResource {
    /** The CA's certificate. No secret: clients get it. */
    readonly ca: pulumi.Output<string>;
    /** The pooler's certificate and key, a secret. */
    readonly certified: pulumi.Output<Certified>;

    constructor(name: string, { owner, alias, now = new Date() }: PoolerCertificateArgs, opts?: pulumi.ComponentResourceOptions) {
        super("sidecar:index:PoolerCertificate", name, {}, opts);
        const parent = this;
        // Each run hands over a new one, and the state keeps the first.
        const ignoreChanges = ["input"];
        const made = new pulumi.Stash(`${name}-ca`, { input: pulumi.secret(makeAuthority(owner, now)) }, { parent, ignoreChanges });
        const authority = made.output as pulumi.Output<Certified>;
        this.ca = pulumi.unsecret(authority.apply(({ cert }) => cert));
        const signed = new pulumi.Stash(
            `${name}-certificate`,
            { input: pulumi.secret(authority.apply((ca) => makeCertificate(ca, alias, now))) },
            { parent, ignoreChanges, replacementTrigger: [period(now), alias, this.ca] },
        );
        this.certified = signed.output as pulumi.Output<Certified>;
        this.registerOutputs({ ca: this.ca });
    }
}
