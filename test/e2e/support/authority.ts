import * as fs from "fs";
import * as path from "path";
import { need } from "../../../lab/machine";
import { run } from "../../../lab/run";

/** What is made: a CA, or a server's or a client's certificate of one. */
type Kind = "ca" | "server" | "client";

const config = (name: string) => `
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = ${name}
[client]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
`;

/** A CA of the test's own, in a folder. */
export class Authority {
    private constructor(
        /** Its certificate. */
        readonly file: string,
        private readonly key: string,
    ) {}

    static async make(folder: string): Promise<Authority> {
        await need("openssl", ["openssl"], "to make the test's own certificates");
        await make("ca", path.join(folder, "ca"), "DNS:The test's own CA");
        return new Authority(path.join(folder, "ca.pem"), path.join(folder, "ca.key"));
    }

    /** Signs a certificate into `to`.pem, its key into `to`.key. A server's is for the name, `DNS:…` or `IP:…`. */
    async sign(kind: Exclude<Kind, "ca">, to: string, name = "DNS:test"): Promise<void> {
        await make(kind, to, name, "-CA", this.file, "-CAkey", this.key);
    }
}

async function make(kind: Kind, to: string, name: string, ...signer: string[]): Promise<void> {
    fs.mkdirSync(path.dirname(to), { recursive: true });
    fs.writeFileSync(`${to}.cnf`, config(name));
    await run("openssl", [
        "req", "-x509", "-config", `${to}.cnf`, "-extensions", kind, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
        "-nodes", "-days", "90", "-keyout", `${to}.key`, "-out", `${to}.pem`, "-subj", `/CN=${name.replace(/^\w+:/, "")}`, ...signer,
    ]); // prettier-ignore
}
