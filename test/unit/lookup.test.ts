import { LookupBodyArgs, lookupBody, lookupOwner } from "../../components/authentication/lookup";

const body = lookupBody({ roles: ["pgbouncer", "pgbouncer_2"], owner: "pg-sidecar/stage" });

test("the body tells whose it is", () => {
    expect(lookupOwner(body)).toBe("pg-sidecar/stage");
    expect(lookupOwner("SELECT usename, passwd FROM pg_shadow")).toBeUndefined();
});

test("no placeholder is left, and only sessions of the two roles are answered", () => {
    expect(body).not.toContain("{{");
    for (const role of ["pgbouncer", "pgbouncer_2"]) expect(body).toContain(`session_user OPERATOR(pg_catalog.=) '${role}'`);
});

test("every operator and function is qualified, so that no search_path matters", () => {
    const code = body.replace(/--.*$/gm, "").replace(/'[^']*'/g, "''");
    expect(code.replace(/OPERATOR\(pg_catalog\.[<=>]+\)/g, "")).not.toMatch(/[<=>]/);
    for (const [, before, called] of code.matchAll(/([\w.]*?)(\w+)\(/g)) {
        if (called !== "OPERATOR") expect(before).toBe("pg_catalog.");
    }
    expect(code).toMatch(/FROM pg_catalog\.pg_authid/);
});

test.each<LookupBodyArgs>([
    { roles: ["x' OR true --", "b"], owner: "a/b" },
    { roles: ["a", "x' OR true --"], owner: "a/b" },
    { roles: ["pgbouncer", "pgbouncer_2"], owner: "a/b\nDROP" },
])("%j can't break out of its place", (args) => {
    expect(() => lookupBody(args)).toThrow("can't stand in");
});
