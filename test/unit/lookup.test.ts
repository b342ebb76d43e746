import { lookupBody, lookupOwner } from "../../components/authentication/lookup";

const body = lookupBody({ role: "pgbouncer", owner: "pg-sidecar/stage" });

test("the body tells whose it is", () => {
    expect(lookupOwner(body)).toBe("pg-sidecar/stage");
    expect(lookupOwner("SELECT usename, passwd FROM pg_shadow")).toBeUndefined();
});

test("no placeholder is left, and only the role's sessions are answered", () => {
    expect(body).not.toContain("{{");
    expect(body).toContain("session_user OPERATOR(pg_catalog.=) 'pgbouncer'");
});

test("every operator and function is qualified, so that no search_path matters", () => {
    const code = body.replace(/--.*$/gm, "").replace(/'[^']*'/g, "''");
    expect(code.replace(/OPERATOR\(pg_catalog\.[<=>]+\)/g, "")).not.toMatch(/[<=>]/);
    for (const [, before, called] of code.matchAll(/([\w.]*?)(\w+)\(/g)) {
        if (called !== "OPERATOR") expect(before).toBe("pg_catalog.");
    }
    expect(code).toMatch(/FROM pg_catalog\.pg_authid/);
});

test.each([
    { role: "x' OR true --", owner: "a/b" },
    { role: "pgbouncer", owner: "a/b\nDROP" },
])("%j can't break out of its place", (args) => {
    expect(() => lookupBody(args)).toThrow("can't stand in");
});
