import { nextRotation } from "../../../../cli/rotate/next";

const role = (id: string) => ({
    type: "postgresql:index/role:Role",
    urn: `urn:pulumi:stage::pg-sidecar::sidecar:index:Authentication$postgresql:index/role:Role::lookup-${id}`,
    id,
});
const state = (...names: string[]) => ({ deployment: { resources: names.map(role) } });

test.each([
    ["counts up from what is deployed", 0, 0, ["pgbouncer"], 1],
    ["and on", 1, 1, ["pgbouncer_2"], 2],
    ["resumes one whose roll failed, though its role exists", 0, 1, ["pgbouncer", "pgbouncer_2"], 1],
    ["resumes one that finished except for the role before it", 1, 1, ["pgbouncer", "pgbouncer_2"], 1],
    ["resumes likewise, back at the first role", 2, 2, ["pgbouncer", "pgbouncer_2"], 2],
])("a rotation %s", (_, deployed, configured, roles, next) => {
    expect(nextRotation({ deployed, configured, state: state(...roles), authUser: "pgbouncer" })).toBe(next);
});

test("a stack without resources has nothing halfway", () => {
    expect(nextRotation({ deployed: 0, configured: 0, state: { deployment: {} }, authUser: "pgbouncer" })).toBe(1);
});
