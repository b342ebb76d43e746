import { complaint, settingsOf } from "../fixture";

describe("adminUsers", () => {
    test("follow postgresql:username unless they are set", () => {
        expect(settingsOf({ "postgresql:username": "app" }).adminUsers).toEqual(["app"]);
        expect(settingsOf({}, { env: { PGUSER: "app" } }).adminUsers).toEqual(["app"]);
        expect(settingsOf({ "postgresql:username": "app", adminUsers: '["ops","postgres"]' }).adminUsers).toEqual(["ops", "postgres"]);
    });

    test("that follow a name which the pooler can't use or reserves are refused", () => {
        expect(complaint({ "postgresql:username": "app user" })).toContain("pulumi config set --stack stage --path 'adminUsers[0]' NAME");
        expect(complaint({ "postgresql:username": "pgbouncer" })).toContain(
            "authUser is pgbouncer, so the pooler keeps pgbouncer for itself",
        );
        expect(complaint({ "postgresql:username": "pgbouncer_2", adminUsers: '["pgbouncer"]' })).toContain(
            "authUser is pgbouncer, so the pooler keeps pgbouncer_2 for itself, which is postgresql:username",
        );
    });

    test("nobody is an admin of the console if no superuser can log in there, unless one is set", () => {
        const closed = { poolSuperusers: false, pgadminRole: "people" };
        expect(settingsOf(closed).adminUsers).toEqual([]);
        expect(settingsOf({ ...closed, adminUsers: ["ops"] }).adminUsers).toEqual(["ops"]);
        expect(settingsOf({ poolSuperusers: false }).adminUsers).toEqual(["postgres"]);
    });
});
