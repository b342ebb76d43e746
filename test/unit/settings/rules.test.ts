import { complaint, settingsOf } from "../fixture";

test("an image without a digest is refused, except in local", () => {
    const values = { pgadminImage: "dpage/pgadmin4:9.17" };
    expect(complaint(values)).toContain("without a digest");
    expect(settingsOf(values, { stack: "local" }).pgadminImage).toBe("dpage/pgadmin4:9.17");
});

test.each([
    [{ minPoolSize: "16" }, "minPoolSize is 16, more than defaultPoolSize (15)"],
    [{ defaultPoolSize: "17" }, "more than maxDbConnections (16)"],
    [{ databases: '["pgbouncer"]' }, "keeps for itself"],
])("%j contradicts another setting", (values, said) => {
    expect(complaint(values)).toContain(said);
});

describe("adminUsers", () => {
    test("follow postgresql:username unless they are set", () => {
        expect(settingsOf({ "postgresql:username": "app" }).adminUsers).toEqual(["app"]);
        expect(settingsOf({}, { env: { PGUSER: "app" } }).adminUsers).toEqual(["app"]);
        expect(settingsOf({ "postgresql:username": "app", adminUsers: '["ops","postgres"]' }).adminUsers).toEqual(["ops", "postgres"]);
    });

    test("that follow a name which the pooler can't use or reserves are refused", () => {
        expect(complaint({ "postgresql:username": "app user" })).toContain("pulumi config set --stack stage --path 'adminUsers[0]' NAME");
        expect(complaint({ "postgresql:username": "pgbouncer" })).toContain("names pgbouncer, which the pooler keeps for itself");
    });
});

test.each([
    ["timescale_db", "the name of the database (databaseHost)"],
    ["pgadmin", "pgAdmin's name"],
    ["localhost", "each container's own name"],
    ["10.0.0.7", "an address"],
])("the pooler can't be called %s", (alias, whose) => {
    const said = complaint({ pgbouncerAlias: alias });
    expect(said).toContain(`pgbouncerAlias is ${alias}, which is ${whose}`);
    expect(said).toContain("pulumi config set --stack stage pgbouncerAlias pgbouncer");
});

test("if the database is called pgbouncer, the fix gives the pooler another name", () => {
    expect(complaint({ databaseHost: "pgbouncer" })).toContain("pgbouncerAlias pgbouncer-pool");
});
