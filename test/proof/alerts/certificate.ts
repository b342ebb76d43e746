import "reflect-metadata"; // which @peculiar/x509 expects to be loaded
import { webcrypto } from "crypto";
import * as x509 from "@peculiar/x509";

/** A self-signed certificate for a name, which ends in so many days, with its key; all PEM. */
export async function endingCertificate(name: string, days: number): Promise<Record<"cert" | "key" | "ca", string>> {
    const engine = webcrypto as unknown as Parameters<typeof x509.SubjectKeyIdentifierExtension.create>[2];
    const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const now = Date.now();
    const made = await x509.X509CertificateGenerator.createSelfSigned(
        {
            name: [{ CN: [name] }],
            notBefore: new Date(now - 86_400_000),
            notAfter: new Date(now + days * 86_400_000),
            signingAlgorithm: algorithm,
            keys,
            extensions: [
                new x509.BasicConstraintsExtension(true, 0, true),
                new x509.SubjectAlternativeNameExtension([{ type: "dns", value: name }]),
            ],
        },
        engine,
    );
    const cert = `${made.toString("pem")}\n`;
    const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
    return { cert, key, ca: cert };
}
