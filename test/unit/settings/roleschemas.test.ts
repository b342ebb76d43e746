import { schemasOf } from "../../../settings/roleschemas";
import { complaint, settingsOf } from "../fixture";

test("a schema is in the first database unless another is named", () => {
    const settings = settingsOf({ pgadminRole: "people", databases: ["app", "dwh"], pgadminRoleSchemas: ["public", "dwh.marts"] });
    expect(schemasOf(settings)).toEqual([
        { database: "app", schema: "public" },
        { database: "dwh", schema: "marts" },
    ]);
});

test("a database that the pool does not serve is refused, and so are schemas without a role", () => {
    expect(complaint({ pgadminRole: "people", pgadminRoleSchemas: ["dwh.marts"] })).toContain(
        "names dwh.marts, which is in none of databases",
    );
    expect(complaint({ pgadminRoleSchemas: ["public"] })).toContain("there is no pgadminRole to read them");
    expect(complaint({ pgadminRole: "people", pgadminRoleSchemas: ["a.b.c"] })).toContain("pgadminRoleSchemas");
});
