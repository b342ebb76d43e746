import { findOutgoing } from "../../../preflight/outgoing";
import { Settings } from "../../../settings/settings";

const settings = { authUser: "pgbouncer", rotation: 1, authFunction: "public.user_lookup", databases: ["tracksolid_db"] } as Settings;

test("what the settings name stays; every other role and function of the state goes", () => {
    const known = {
        roles: ["pgbouncer_2", "pgbouncer", "pooler"],
        functions: ["tracksolid_db.public.user_lookup(text)", "old.db.pooler.lookup(text)"],
    };
    expect(findOutgoing(known, settings)).toEqual({
        roles: ["pgbouncer", "pooler"],
        functions: [{ id: "old.db.pooler.lookup(text)", database: "old.db", schema: "pooler", name: "lookup" }],
    });
});

test("roles for pgAdmin's people and for the metrics stay as long as the settings name them", () => {
    const owned = { roles: ["pgbouncer_2", "people", "sidecar_metrics"], functions: [] };
    const both = { ...settings, pgadminRole: "people", metrics: true, metricsRole: "sidecar_metrics" };
    expect(findOutgoing(owned, both).roles).toEqual([]);
    expect(findOutgoing(owned, { ...both, metrics: false }).roles).toEqual(["sidecar_metrics"]);
    expect(findOutgoing(owned, { ...both, pgadminRole: "" }).roles).toEqual(["people"]);
});

test("a state that has nothing else has nothing to lose", () => {
    expect(findOutgoing({ roles: ["pgbouncer_2"], functions: ["tracksolid_db.public.user_lookup(text)"] }, settings)).toEqual({
        roles: [],
        functions: [],
    });
});
