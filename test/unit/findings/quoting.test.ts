import { shellWord, sqlName, sqlQualified } from "../../../findings/quoting";

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
