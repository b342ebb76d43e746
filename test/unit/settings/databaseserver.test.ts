import { complaint, settingsOf } from "../fixture";

describe("the database server", () => {
    test.each(["tls", "prefer", "allow", "verify_full"])("sslmode %s is refused, because the provider does not know it", (value) => {
        const said = complaint({ "postgresql:sslmode": value });
        expect(said).toContain(`postgresql:sslmode is "${value}": it must be one of disable, require, verify-ca, verify-full`);
        expect(said).toContain("Fix: pulumi config set --stack stage postgresql:sslmode disable");
        const far = complaint({ "postgresql:sslmode": value, "postgresql:host": "db.example.com" });
        expect(far).toContain("Fix: pulumi config set --stack stage postgresql:sslmode require");
    });

    test("a CA and a client certificate are read under the provider's names", () => {
        const { databaseServer } = settingsOf({
            "postgresql:sslmode": "verify-ca",
            "postgresql:sslrootcert": "/ca.pem",
            "postgresql:clientcert": '{"cert":"/me.pem","key":"/me.key"}',
        });
        expect(databaseServer).toMatchObject({
            sslmode: "verify-ca",
            sslRootCert: "/ca.pem",
            clientCert: { cert: "/me.pem", key: "/me.key", inline: false },
        });
        const inline = settingsOf({ "postgresql:clientcert": '{"cert":"C","key":"K","sslinline":true}' });
        expect(inline.databaseServer.clientCert).toEqual({ cert: "C", key: "K", inline: true });
        expect(settingsOf().databaseServer).toMatchObject({ sslmode: "require", sslRootCert: "" });
    });

    test.each(['{"cert":"/me.pem"}', "null", "7", '"/me.pem"', "[]"])("half of a certificate is refused: %s", (value) => {
        expect(complaint({ "postgresql:clientcert": value })).toContain(
            "pulumi config set --stack stage --path postgresql:clientcert.key FILE",
        );
    });

    test("a key that the provider does not know is refused, with the one that was meant", () => {
        const said = complaint({ "postgresql:sslRootCert": "/my ca.pem" });
        expect(said).toContain("postgresql:sslRootCert is not a setting of the postgresql provider: did you mean sslrootcert?");
        expect(said).toContain(
            "Fix: pulumi config rm --stack stage postgresql:sslRootCert; pulumi config set --stack stage postgresql:sslrootcert '/my ca.pem'",
        );
    });

    test("an IPv6 address without brackets is refused", () => {
        expect(complaint({ "postgresql:host": "::1" })).toContain("pulumi config set --stack stage postgresql:host '[::1]'");
        expect(settingsOf({ "postgresql:host": "[::1]" }).databaseServer.host).toBe("[::1]");
    });
});

test("whether the login is a superuser is what the provider is told, by the setting or by PGSUPERUSER", () => {
    expect(settingsOf().databaseServer.superuser).toBe(true);
    expect(settingsOf({ "postgresql:superuser": "false" }).databaseServer.superuser).toBe(false);
    expect(settingsOf({}, { env: { PGSUPERUSER: "0" } }).databaseServer.superuser).toBe(false);
    expect(complaint({ "postgresql:superuser": "no" })).toContain('postgresql:superuser is "no": it must be true or false');
});
