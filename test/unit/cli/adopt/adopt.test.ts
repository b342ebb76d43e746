import { Found } from "../../../../cli/adopt/found";
import { importFile } from "../../../../cli/adopt/importfile";
import { plan } from "../../../../cli/adopt/plan";
import { settingsOf } from "../../fixture";

const settings = (rotation = 0) => settingsOf({ rotation, "postgresql:host": "h" });

const found: Found = {
    role: { name: "pgbouncer", powers: ["CREATEDB"], memberOf: ["readers"], owns: 2 },
    lookup: {
        signature: "public.user_lookup(text)",
        args: "in_user text, OUT uname text, OUT phash text",
        language: "plpgsql",
        executors: ["PUBLIC", "pgbouncer", "postgres"],
    },
};

test("the plan says what changes, whom it hits, and what a destroy will remove", () => {
    const said = plan(found, settings()).join("\n");
    for (const part of ["new random password", "CREATEDB", "readers", "owns 2 objects", "plpgsql", "which PUBLIC may now"])
        expect(said).toContain(part);
    expect(said).toContain("a later pulumi destroy removes role pgbouncer and function public.user_lookup(text)");
});

test("only what is there is spoken of and imported", () => {
    expect(plan({ lookup: found.lookup! }, settings()).join("\n")).not.toContain("role pgbouncer:");
    expect(JSON.stringify(importFile({ lookup: found.lookup! }, settings()))).not.toContain("role:Role");
});

test("what is imported gets the names that the program has, under its component", () => {
    const { resources } = importFile(found, settings()) as { resources: Record<string, unknown>[] };
    expect(resources).toEqual([
        { type: "sidecar:index:Authentication", name: "authentication", logicalName: "pgbouncer", component: true },
        expect.objectContaining({
            type: "postgresql:index/role:Role",
            logicalName: "lookup-pgbouncer",
            id: "pgbouncer",
            parent: "authentication",
        }),
        expect.objectContaining({
            logicalName: "tracksolid_db.public.user_lookup",
            id: "tracksolid_db.public.user_lookup(text)",
            parent: "authentication",
        }),
    ]);
});

test("the role of an odd rotation is the program's second", () => {
    const { resources } = importFile({ role: { ...found.role!, name: "pgbouncer_2" } }, settings(1)) as {
        resources: Record<string, unknown>[];
    };
    expect(resources[1]).toMatchObject({ logicalName: "lookup-pgbouncer_2", id: "pgbouncer_2" });
});
