import * as fc from "fast-check";
import { copied, shellWord, shown, sqlName, sqlQualified } from "../../../findings/quoting";
import { holds, nasty, shellWords } from "../badinput";

test.each([
    ["pgbouncer", '"pgbouncer"'],
    ["Ops-1", '"Ops-1"'],
    ['a"b', '"a""b"'],
])("SQL takes %s as %s", (name, quoted) => expect(sqlName(name)).toBe(quoted));

test("a qualified name is quoted part by part", () => expect(sqlQualified("public.user_lookup")).toBe('"public"."user_lookup"'));

test.each([
    ["/etc/ca.pem", "/etc/ca.pem"],
    ["", "''"],
    ["[::1]", "'[::1]'"],
    ["it's", `'it'\\''s'`],
    ["$HOME", "'$HOME'"],
])("a shell takes %s as %s", (text, quoted) => expect(shellWord(text)).toBe(quoted));

test("a shell takes any text as one word, unchanged", () => {
    holds(
        fc.property(nasty(), (text) => {
            fc.pre(!text.includes("\0")); // no argument can have one
            expect(shellWords(`${shellWord(text)} ${shellWord("next")}`)).toEqual([text, "next"]);
        }),
    );
});

test("SQL takes any text as one name", () => {
    holds(fc.property(nasty(), (text) => expect(sqlName(text).slice(1, -1).replaceAll('""', "")).not.toContain('"')));
});

test("a message shows any value on one line, long ones cut, and nothing that a terminal obeys", () => {
    holds(
        fc.property(nasty(), (text) => {
            expect(shown(text)).toMatch(/^"[^\0-\x1f\x7f\u2028-\u202e]*"( \(\d+ characters\))?$/);
            expect(shown(text).length).toBeLessThan(600);
            expect(copied(text, "VALUE")).not.toMatch(/[\0-\x1f\u202e]/);
        }),
    );
    expect(shown("it's\n\u202e")).toBe(String.raw`"it's\n\u202e"`);
    expect(shown("x".repeat(10_000))).toBe(`"${"x".repeat(80)}…" (10000 characters)`);
    expect(copied("a b", "VALUE")).toBe("'a b'");
    expect(copied("a\rb", "VALUE")).toBe("VALUE");
});
