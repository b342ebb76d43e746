import { deployed, deployedSchema } from "../../../settings/deployed";
import { settingsOf } from "../fixture";

test("the deployed settings name the lookup role in force, and hold nothing of the logins", () => {
    const output = deployed(settingsOf({ rotation: 1, pgadminPassword: "hunter22" }));
    expect(output).toMatchObject({ authUser: "pgbouncer_2", databases: ["tracksolid_db"], maxDbConnections: 16, pgadminDirect: false });
    expect(JSON.stringify(output)).not.toContain("hunter22");
});

test.each([
    ["rotation", undefined],
    ["listenPort", "6432"],
    ["serverResetQueryAlways", 1],
    ["databases", []],
    ["adminUsers", [1]],
])("a deployed %s of %j is refused", (name, value) => {
    const { success, error } = deployedSchema.safeParse({ ...deployed(settingsOf()), [name]: value });
    expect(success).toBe(false);
    expect(error?.issues[0]?.path[0]).toBe(name);
});
