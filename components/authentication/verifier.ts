import { createHash, createHmac, pbkdf2Sync } from "crypto";

const iterations = 4096; // PostgreSQL's own default

/**
 * The SCRAM-SHA-256 verifier of a password, as PostgreSQL stores it. It is handed to the server in place of the password: so no log
 * can show that, `password_encryption = md5` can't make an md5 verifier of it, and the provider sees when somebody changed it.
 * The salt comes from the password, or each run would be a change; it gives nothing away of 48 random characters.
 */
export function scramVerifier(password: string): string {
    const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
    const salt = hmac(password, "pg-sidecar").subarray(0, 16);
    const salted = pbkdf2Sync(password, salt, iterations, 32, "sha256");
    const storedKey = createHash("sha256").update(hmac(salted, "Client Key")).digest();
    const text = (bytes: Buffer) => bytes.toString("base64");
    return `SCRAM-SHA-256$${iterations}:${text(salt)}$${text(storedKey)}:${text(hmac(salted, "Server Key"))}`;
}
