import { LookupBodyArgs, lookupBody, lookupOwner } from "../../../../components/authentication/lookup";

const body = lookupBody({ lookupFunction: "public.user_lookup", owner: "pg-sidecar/stage" });

test("the body says which stack it belongs to", () => {
    expect(lookupOwner(body)).toBe("pg-sidecar/stage");
    expect(lookupOwner("SELECT usename, passwd FROM pg_shadow")).toBeUndefined();
});

test("no placeholder is left, and it asks for grants on itself, by a name that no search_path changes", () => {
    expect(body).not.toContain("{{");
    expect(body).toContain("to_regprocedure('public.user_lookup(pg_catalog.text)')");
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
    { lookupFunction: "public.x' OR true --", owner: "a/b" },
    { lookupFunction: "user_lookup", owner: "a/b" },
    { lookupFunction: "public.user_lookup", owner: "a/b\nDROP" },
])("%j can't break out of its place", (args) => {
    expect(() => lookupBody(args)).toThrow("can't be written into");
});

test("superusers and replication roles are left out only if they may not log in through the pool", () => {
    const closed = lookupBody({ lookupFunction: "public.user_lookup", owner: "pg-sidecar/stage", superusers: false });
    expect(closed).toMatch(/^ {3}AND NOT \(a\.rolsuper OR a\.rolreplication\)$/m);
    // Nothing else differs: the function of a stack that sets nothing stays as it is.
    expect(closed.split("\n").filter((line) => !body.split("\n").includes(line))).toHaveLength(1);
    expect(body).not.toMatch(/rolsuper|poolSuperusers/);
});
