import { complaint, settingsOf } from "../fixture";

test("without pgAdmin no login for it is needed, and what is set for it counts as not set", () => {
    const { unused, pgadminDomain, pgadminPort, pgadminEmail } = settingsOf({
        adminUi: "none",
        pgadminEmail: "a@example.com",
        pgadminDomain: "pgadmin.example.com",
        pgadminPort: 5050,
        proxyNetwork: "web",
        oidcIssuer: "https://id.example.com",
    });
    expect(unused.sort()).toEqual(["oidcIssuer", "pgadminDomain", "pgadminEmail", "pgadminPort", "proxyNetwork"]);
    expect([pgadminDomain, pgadminPort, pgadminEmail]).toEqual(["", 0, ""]);
    expect(settingsOf({ adminUi: "none", pgadminEmail: undefined }).unused).toEqual([]);
});

test("a wrong value of such a setting stops nothing, but a secret in plain text does", () => {
    expect(settingsOf({ adminUi: "none", pgadminImage: "no digest", pgadminPort: "lots" }).unused).toEqual(
        expect.arrayContaining(["pgadminImage", "pgadminPort"]),
    );
    expect(complaint({ adminUi: "none", pgadminPassword: "hunter22" }, { secretKeys: ["postgresql:password"] })).toContain(
        "stored in plain text",
    );
});

test("with pgAdmin, its login is required and every setting counts", () => {
    expect(complaint({ pgadminEmail: undefined })).toContain("pgadminEmail is missing");
    expect(settingsOf({ pgadminPort: 5050 }).unused).toEqual([]);
    expect(complaint({ adminUi: "phppgadmin" })).toContain('adminUi is "phppgadmin": it must be one of pgadmin, none');
});
