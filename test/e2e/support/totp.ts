import { createHmac } from "crypto";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** The six digits that an authenticator app shows for this secret (base32) at this moment (RFC 6238). */
export function totp(secret: string, now = Date.now()): string {
    const bits = [...secret].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, "0")).join("");
    const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(Math.floor(now / 30_000)));
    const digest = createHmac("sha1", key).update(counter).digest();
    const at = digest.at(-1)! & 15;
    return String((digest.readUInt32BE(at) & 0x7fff_ffff) % 1_000_000).padStart(6, "0");
}

/** The same, at a moment from which on it lasts for 15 seconds at least. */
export async function lastingTotp(secret: string): Promise<string> {
    const left = 30_000 - (Date.now() % 30_000);
    if (left < 15_000) await new Promise((resolve) => setTimeout(resolve, left));
    return totp(secret);
}
