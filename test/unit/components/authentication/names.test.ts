import { formerNames, lookupId, lookupNames } from "../../../../components/authentication/names";

const args = { authUser: "pgbouncer", rotation: 0, authFunction: "public.user_lookup", database: "tracksolid_db" };

test.each([
    ["authUser", { authUser: "pooler" }, ["role", "execute", "connect", "usage"]],
    ["rotation", { rotation: 1 }, ["role", "execute", "connect", "usage"]],
    ["authFunction", { authFunction: "public.other" }, ["lookup", "revoke", "execute"]],
    ["its schema", { authFunction: "pooler.user_lookup" }, ["lookup", "revoke", "execute", "usage"]],
    ["the database", { database: "other" }, ["lookup", "revoke", "execute", "connect", "usage"]],
])("another %s makes another resource of each kind that it concerns, and keeps the others", (_, change, others) => {
    const before = Object.entries(lookupNames(args));
    const after = lookupNames({ ...args, ...change }) as unknown as Record<string, string>;
    expect(before.filter(([key, name]) => after[key] !== name).map(([key]) => key)).toEqual(others);
});

test("no resource of one kind has the name that another had before 0.2", () => {
    const former = Object.values(formerNames("pgbouncer", { rotation: 0 }));
    for (const name of Object.values(lookupNames(args))) expect(former).not.toContain(name);
});

test("the id is the provider's", () => {
    expect(lookupId(args)).toBe("tracksolid_db.public.user_lookup(text)");
});
