import { roleConnections } from "../../../../components/pgadmin/roleconnections";

test("two poolers in a roll, and the backends that they have just replaced, fit", () => {
    expect(roleConnections({ databases: 2, maxDbConnections: 16 }, false)).toBe(128);
});

test("tabs on a direct entry don't take the pool's connections", () => {
    expect(roleConnections({ databases: 2, maxDbConnections: 16 }, true)).toBe(-1);
});
