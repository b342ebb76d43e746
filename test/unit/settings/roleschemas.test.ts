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

test("a schema that is named with and without its database is refused, with the command that takes the second one out", () => {
    const settings = { pgadminRole: "people", databases: ["app", "dwh"], pgadminRoleSchemas: ["dwh.public", "public", "app.public"] };
    const said = complaint(settings);
    expect(said).toContain("pgadminRoleSchemas names one schema twice: public and app.public are both app.public");
    expect(said).toContain("Fix: pulumi config rm --stack stage --path 'pgadminRoleSchemas[2]'");
    expect(schemasOf(settingsOf({ ...settings, pgadminRoleSchemas: ["dwh.public", "public"] }))).toHaveLength(2);
});

test("a schema of the server's own is refused: pg_catalog has every role's verifier", () => {
    const of = (...pgadminRoleSchemas: string[]) => complaint({ pgadminRole: "people", databases: ["app", "dwh"], pgadminRoleSchemas });
    expect(of("public", "pg_catalog")).toContain("pgadminRoleSchemas names pg_catalog, which is the server's own");
    expect(of("public", "pg_catalog")).toContain("Fix: pulumi config rm --stack stage --path 'pgadminRoleSchemas[1]'");
    expect(of("dwh.information_schema")).toContain("names dwh.information_schema, which is the server's own");
});

test("two schemas whose grants would have one name are refused", () => {
    const settings = { pgadminRole: "people", databases: ["app", "dwh"] };
    const said = complaint({ ...settings, pgadminRoleSchemas: ["b-tables", "app.b"] });
    expect(said).toContain("names app.b and app.b-tables, whose grants would have one name");
    expect(said).toContain("Fix: pulumi config rm --stack stage --path 'pgadminRoleSchemas[0]'");
    expect(settingsOf({ ...settings, pgadminRoleSchemas: ["b-tables", "dwh.b"] }).pgadminRoleSchemas).toHaveLength(2);
});
