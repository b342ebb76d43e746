import { createHash, createHmac, pbkdf2Sync } from "crypto";
import { scramVerifier } from "../../../../components/authentication/verifier";

const password = "x".repeat(48);

test("a verifier has PostgreSQL's form, and is the same each time for one password only", () => {
    expect(scramVerifier(password)).toMatch(/^SCRAM-SHA-256\$4096:[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$/);
    expect(scramVerifier(password)).toBe(scramVerifier(password));
    expect(scramVerifier("y".repeat(48))).not.toBe(scramVerifier(password));
});

test("a client that knows the password can prove it against the stored key", () => {
    const [, salt = "", storedKey = ""] = /^SCRAM-SHA-256\$4096:(.*)\$(.*):/.exec(scramVerifier(password))!;
    const salted = pbkdf2Sync(password, Buffer.from(salt, "base64"), 4096, 32, "sha256");
    const clientKey = createHmac("sha256", salted).update("Client Key").digest();
    expect(createHash("sha256").update(clientKey).digest("base64")).toBe(storedKey);
});
