import { DatabaseFacts } from "../../../preflight/database";
import { judgePgadminRole } from "../../../preflight/judgerole";
import { Overrides, settingsOf } from "../fixture";
import { remove, set } from "./fixture";

function judge(facts: Partial<DatabaseFacts>, overrides: Overrides = {}) {
    const all = { memberOf: { pg_monitor: [] }, roleSchemas: [], version: 170_005, ...facts } as unknown as DatabaseFacts;
    return judgePgadminRole(all, settingsOf({ pgadminRole: "people", ...overrides }));
}

test("the role as it is by default is right, and without one nothing is judged", () => {
    expect(judge({})).toEqual([]);
    expect(judge({ memberOf: {} }, { pgadminRole: "" })).toEqual([]);
});

test("PostgreSQL 13 has no pg_read_all_data", () => {
    const [finding] = judge({ version: 130_023 }, { pgadminRoleMemberOf: ["pg_monitor", "pg_read_all_data"] });
    expect(finding).toMatchObject({
        level: "error",
        what: "pgadminRoleMemberOf: there is no role pg_read_all_data on 127.0.0.1:5432: PostgreSQL 13 does not have it yet",
        fix: `${remove} pgadminRoleMemberOf; ${set} --path 'pgadminRoleMemberOf[0]' pg_monitor`,
    });
});

test.each(["pg_read_all_data", "readers"])("where it is, %s is a warning: it reads the verifiers", (name) => {
    const [finding] = judge({ memberOf: { [name]: ["pg_read_all_data"] } }, { pgadminRoleMemberOf: [name] });
    expect(finding).toMatchObject({ level: "warning", what: expect.stringContaining("pg_authid") });
});

test.each([
    ["ops", "ops", "ops is as good as a superuser on"],
    ["pg_execute_server_program", "pg_execute_server_program", "pg_execute_server_program leads out of the database"],
    ["dba", "pg_read_server_files", "dba is a member of pg_read_server_files, which leads out of the database"],
])("a membership in %s, which is or reaches %s, is refused", (name, reached, why) => {
    const [finding] = judge({ memberOf: { pg_monitor: [], [name]: [reached] } }, { pgadminRoleMemberOf: ["pg_monitor", name] });
    expect(finding).toMatchObject({
        level: "error",
        what: expect.stringContaining(why),
        fix: `${remove} pgadminRoleMemberOf; ${set} --path 'pgadminRoleMemberOf[0]' pg_monitor`,
    });
});

test("a schema that is missing is named with its database", () => {
    const facts = { database: "tracksolid_db", grantable: true, strangers: [] };
    const schemas = { marts: false, public: true, old: false };
    const found = judge(
        { roleSchemas: Object.entries(schemas).map(([schema, exists]) => ({ ...facts, schema, exists })) },
        { pgadminRoleSchemas: Object.keys(schemas) },
    );
    const [finding, ...others] = found;
    expect(others).toEqual([]);
    expect(finding!.what).toBe(
        "pgadminRoleSchemas: database tracksolid_db on 127.0.0.1:5432 has no schema marts, and database tracksolid_db on 127.0.0.1:5432 has no schema old",
    );
    const up = "pulumi up --stack stage --refresh";
    expect(finding!.fix).toMatch(/ -d tracksolid_db -c 'CREATE SCHEMA "marts"'; .* -d tracksolid_db -c 'CREATE SCHEMA "old"'; pulumi up/);
    // Run in this order, neither takes out another's item.
    const path = (item: number) => `${remove} --path 'pgadminRoleSchemas[${item}]'`;
    expect(finding!.fix!.endsWith(`; ${up}, or: ${path(2)}; ${path(0)}; ${up}`)).toBe(true);
});
