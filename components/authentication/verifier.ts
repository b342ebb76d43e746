import { createHash, createHmac, pbkdf2Sync } from "crypto";

const iterations = 4096; // PostgreSQL's own default

/**
 * The SCRAM-SHA-256 verifier of a password, as PostgreSQL stores it. The server gets it in place of the password, so that no log can
 * show the password, `password_encryption = md5` can't turn it into an md5 verifier, and the provider sees when somebody changes it.
 * The salt is derived from the password: a random one would make each run a change. It reveals nothing about 48 random characters.
 */
export function scramVerifier(password: string): string {
    const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
    const salt = hmac(password, "pg-sidecar").subarray(0, 16);
    const salted = pbkdf2Sync(password, salt, iterations, 32, "sha256");
    const storedKey = createHash("sha256").update(hmac(salted, "Client Key")).digest();
    const text = (bytes: Buffer) => bytes.toString("base64");
    return `SCRAM-SHA-256$${iterations}:${text(salt)}$${text(storedKey)}:${text(hmac(salted, "Server Key"))}`;
}
