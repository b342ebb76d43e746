import * as fc from "fast-check";
import { expectHeld, Finder, formsOf } from "../../e2e/support/secrets";
import { holds } from "../badinput";

const secret = fc.string({ unit: "grapheme", minLength: 12, maxLength: 60 }).filter((text) => !/[\n\0]/.test(text));
const around = fc.string({ maxLength: 20 });

const ways: [string, (text: string) => string][] = [
    ["as it is", (text) => text],
    ["in base64", (text) => Buffer.from(text).toString("base64")],
    ["in base64 for URLs", (text) => Buffer.from(text).toString("base64url")],
    ["in a URL", encodeURIComponent],
    ["in JSON", (text) => JSON.stringify(text)],
    ["in hex", (text) => Buffer.from(text).toString("hex")],
];

test.each(ways)("a secret is found %s, whatever is before and after it", (_, written) => {
    holds(
        fc.property(secret, around, around, (value, before, after) => {
            const finder = new Finder([{ name: "it", value }]);
            expect(finder.in("here", written(before + value + after))).toEqual([{ where: "here", secret: "it" }]);
        }),
        300,
    );
});

test("a key of several lines is found by any of them, and not by its first line, which others have too", () => {
    const lines = ["MIIB".padEnd(64, "x"), "y".repeat(64)];
    const value = ["-----BEGIN PRIVATE KEY-----", ...lines, "-----END PRIVATE KEY-----", ""].join("\n");
    const finder = new Finder([{ name: "key", value }]);
    for (const line of lines) expect(finder.in("here", `a ${line} b`)).toHaveLength(1);
    expect(finder.in("here", "-----BEGIN PRIVATE KEY-----")).toEqual([]);
    expect(formsOf(value)).not.toContain("");
});

test("what grep printed is the file's once for each secret", () => {
    const finder = new Finder([{ name: "a", value: "hunter22hunter22" }]);
    expect(finder.inMatches("file x:", "/etc/a:hunter22hunter22\n/etc/a:hunter22hunter22\n/etc/b:nothing\n")).toEqual([{ where: "file x:/etc/a", secret: "a" }]); // prettier-ignore
});

test("a place that has to hold a secret is no leak, and the same place with another secret is one", () => {
    const place = { where: "file pgadmin-abc:/etc/pg-sidecar/secrets/password", secret: "pgAdmin's password" };
    expectHeld([place]);
    expect(() => expectHeld([{ ...place, secret: "lookup role's password" }])).toThrow("lookup role's password: file pgadmin-abc:");
    expect(() => expectHeld([{ where: "log of pgadmin-abc", secret: "pgAdmin's password" }])).toThrow("log of pgadmin-abc");
});
