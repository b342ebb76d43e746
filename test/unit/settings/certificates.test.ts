import "reflect-metadata"; // which @peculiar/x509 expects to be loaded
import { webcrypto } from "crypto";
import * as x509 from "@peculiar/x509";
import { Certified, makeAuthority, makeCertificate } from "../../../components/pgbouncer/certificate";
import { complaint, Overrides, settingsOf } from "../fixture";
import { set } from "../preflight/fixture";

const secretKeys = ["postgresql:password", "pg-sidecar:serverTlsKey", "pg-sidecar:clientTlsKey"];
let ca: Certified, other: Certified, good: Certified, expired: Certified, elsewhere: Certified;

/** A certificate for the pooler's name, or a CA's below another one. It has signed itself if there is no issuer. */
async function certified(name: string, { by, isCa = false }: { by?: Certified; isCa?: boolean } = {}): Promise<Certified> {
    const engine = webcrypto as unknown as Parameters<typeof x509.SubjectKeyIdentifierExtension.create>[2];
    const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const signingKey = by && (await webcrypto.subtle.importKey("pkcs8", x509.PemConverter.decodeFirst(by.key), algorithm, false, ["sign"]));
    const issuer = by ? new x509.X509Certificate(by.cert).subject : `CN=${name}`;
    const extensions = [new x509.BasicConstraintsExtension(isCa), new x509.SubjectAlternativeNameExtension([{ type: "dns", value: name }])];
    const made = await x509.X509CertificateGenerator.create(
        { subject: `CN=${name}`, issuer, signingAlgorithm: algorithm, publicKey: keys.publicKey, signingKey: signingKey ?? keys.privateKey, extensions }, // prettier-ignore
        engine,
    );
    const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
    return { cert: `${made.toString("pem")}\n`, key };
}

beforeAll(async () => {
    [ca, other] = [await makeAuthority("a"), await makeAuthority("b")];
    good = await makeCertificate(ca, "pgbouncer");
    expired = await makeCertificate(ca, "pgbouncer", new Date("2020-01-01"));
    elsewhere = await makeCertificate(ca, "elsewhere");
});

test("a CA, a client certificate and a certificate for clients are accepted", () => {
    const own = { clientTlsSslmode: "require", clientTlsCert: good.cert, clientTlsKey: good.key, clientTlsCa: ca.cert };
    expect(() => settingsOf({ serverTlsSslmode: "verify-full", serverTlsCa: ca.cert + other.cert, serverTlsCert: good.cert, serverTlsKey: good.key, ...own }, { secretKeys })).not.toThrow(); // prettier-ignore
    // One with its chain.
    expect(() => settingsOf({ ...own, clientTlsCert: good.cert + ca.cert }, { secretKeys })).not.toThrow();
});

test.each<[string, () => Overrides, string, string]>([
    ["no CA to check with", () => ({ serverTlsSslmode: "verify-ca" }), "serverTlsCa is missing: serverTlsSslmode verify-ca checks", `${set} serverTlsCa < ca.pem`],
    ["a CA that nobody checks with", () => ({ serverTlsSslmode: "require", serverTlsCa: ca.cert }), "serverTlsSslmode is require, which checks no certificate", `${set} serverTlsSslmode verify-ca`],
    ["a CA that is no PEM", () => ({ serverTlsSslmode: "verify-ca", serverTlsCa: "ca.pem" }), "serverTlsCa holds no certificate in PEM form", `${set} serverTlsCa < ca.pem`],
    ["a CA that is cut", () => ({ serverTlsSslmode: "verify-ca", serverTlsCa: ca.cert.replace(/\n.{20}/, "\n") }), "serverTlsCa holds no certificate in PEM form", `${set} serverTlsCa < ca.pem`],
    ["a certificate without its key", () => ({ serverTlsCert: good.cert }), "serverTlsKey is missing: serverTlsCert needs its key", `${set} --secret serverTlsKey < key.pem`],
    ["a key without its certificate", () => ({ serverTlsKey: good.key }), "serverTlsCert is missing", `${set} serverTlsCert < cert.pem`],
    ["a key that is another's", () => ({ serverTlsCert: good.cert, serverTlsKey: other.key }), "serverTlsKey is not the key of serverTlsCert (CN=pgbouncer)", `${set} --secret serverTlsKey < key.pem`],
    ["a key that is no PEM", () => ({ serverTlsCert: good.cert, serverTlsKey: "key" }), "serverTlsKey holds no key in PEM form", `${set} --secret serverTlsKey < key.pem`],
    ["an expired certificate", () => ({ clientTlsSslmode: "require", clientTlsCert: expired.cert, clientTlsKey: expired.key, clientTlsCa: ca.cert }), "clientTlsCert expired on ", `${set} clientTlsCert < cert.pem`],
    ["a certificate for another name", () => ({ clientTlsSslmode: "require", clientTlsCert: elsewhere.cert, clientTlsKey: elsewhere.key, clientTlsCa: ca.cert }), "and clients reach the pooler by the name pgbouncer", `${set} pgbouncerAlias elsewhere`],
    ["a certificate without its CA", () => ({ clientTlsSslmode: "require", clientTlsCert: good.cert, clientTlsKey: good.key }), "clientTlsCa is missing", `${set} clientTlsCa < ca.pem`],
    ["another CA", () => ({ clientTlsSslmode: "require", clientTlsCert: good.cert, clientTlsKey: good.key, clientTlsCa: other.cert }), "clientTlsCa has not signed clientTlsCert", `${set} clientTlsCa < ca.pem`],
    ["a certificate for clients without TLS to them", () => ({ clientTlsCert: good.cert, clientTlsKey: good.key, clientTlsCa: ca.cert }), "clientTlsSslmode is disable, so clients connect without TLS", `${set} clientTlsSslmode prefer   (then TLS is used where the other end can), or, to stay without TLS: pulumi config rm --stack stage clientTlsCert; `],
    ["a certificate for the database without TLS to it", () => ({ serverTlsSslmode: "disable", serverTlsCert: good.cert, serverTlsKey: good.key }), "serverTlsSslmode is disable, so the pooler shows the database no certificate", `${set} serverTlsSslmode prefer `],
    ["a CA without a certificate", () => ({ clientTlsSslmode: "require", clientTlsCa: ca.cert }), "clientTlsCa is set, but clientTlsCert is not", "pulumi config rm --stack stage clientTlsCa"],
])("%s is refused, with a fix", (_, overrides, what, fix) => {
    const said = complaint(overrides(), { secretKeys });
    expect(said).toContain(what);
    expect(said).toContain(`Fix: ${fix}`);
    expect(said).not.toContain(ca.cert.split("\n")[1]);
}); // prettier-ignore

describe("a CA below another one", () => {
    let root: Certified, between: Certified, leaf: Certified;
    beforeAll(async () => {
        root = await certified("root", { isCa: true });
        between = await certified("between", { by: root, isCa: true });
        leaf = await certified("pgbouncer", { by: between });
    });
    const client = (cert: string, clientTlsCa: string, { key } = leaf) => ({ clientTlsSslmode: "require", clientTlsCert: cert, clientTlsKey: key, clientTlsCa }); // prettier-ignore

    test("is accepted with its root, wherever the one between them is", () => {
        for (const [cert, ca] of [
            [leaf.cert, between.cert + root.cert],
            [leaf.cert, root.cert + between.cert],
            [leaf.cert + between.cert, root.cert],
            [leaf.cert + between.cert + root.cert, root.cert],
        ] as const)
            expect(() => settingsOf(client(cert, ca), { secretKeys })).not.toThrow();
        expect(() => settingsOf({ serverTlsSslmode: "verify-ca", serverTlsCa: between.cert + root.cert })).not.toThrow();
    });

    test("a certificate that has signed itself is its own root", async () => {
        const own = await certified("pgbouncer");
        expect(() => settingsOf(client(own.cert, own.cert, own), { secretKeys })).not.toThrow();
    });

    test("is refused without its root, which libpq and pgbouncer need", () => {
        for (const [cert, ca, signed] of [
            [leaf.cert, between.cert, "CN=root has signed CN=between"],
            [leaf.cert + between.cert + root.cert, between.cert, "CN=root has signed CN=between"],
            [leaf.cert, leaf.cert, "CN=between has signed CN=pgbouncer"],
        ] as const) {
            const said = complaint(client(cert, ca), { secretKeys });
            expect(said).toContain(`clientTlsCa lacks the root of clientTlsCert, without which pgAdmin refuses it: ${signed}`);
            expect(said).toContain(`Fix: ${set} clientTlsCa < ca.pem   (with the root's certificate)`);
        }
        const said = complaint({ serverTlsSslmode: "verify-ca", serverTlsCa: between.cert });
        expect(said).toContain("serverTlsCa lacks a root (a certificate that has signed itself)");
        expect(said).toContain(`Fix: ${set} serverTlsCa < ca.pem   (with the root's certificate)`);
    });
});

test("a key in plain text is refused, and not shown", () => {
    for (const key of ["serverTlsKey", "clientTlsKey"]) {
        const said = complaint({ [key]: good.key }, { secretKeys: ["postgresql:password"] });
        expect(said).toContain(`${key} is a secret, but stored in plain text`);
        expect(said).toContain(`Fix: pulumi config set --stack stage --secret ${key} < key.pem`);
        expect(said).not.toContain(good.key.split("\n")[1]);
    }
});

test("an unknown mode is refused with those that there are", () => {
    expect(complaint({ serverTlsSslmode: "allow" })).toContain("must be one of disable, prefer, require, verify-ca, verify-full");
    expect(complaint({ clientTlsSslmode: "verify-full" })).toContain("must be one of disable, allow, prefer, require");
});
