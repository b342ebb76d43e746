import { psqlCommand } from "../../../host/remedies";
import { settingsOf } from "../fixture";

const psql = "psql -h 127.0.0.1 -p 5432 -U postgres";

describe("psql's command", () => {
    test("goes through the tunnel, names the stack and quotes what a shell would take apart", () => {
        const on = settingsOf({ "docker:host": "ssh://me@host", "postgresql:username": "Ops 1", adminUsers: ["ops"] });
        expect(psqlCommand(on, "a b", [`DROP ROLE "it's"`])).toBe(
            `./sidecar tunnel --stack stage -- psql -h 127.0.0.1 -p 5432 -U 'Ops 1' -d 'a b' -c 'DROP ROLE "it'\\''s"'`,
        );
    });

    test("has the CA and the certificate that the provider has", () => {
        const on = settingsOf({
            "postgresql:sslmode": "verify-full",
            "postgresql:sslrootcert": "/my ca.pem",
            "postgresql:clientcert": '{"cert":"/c","key":"/k"}',
        });
        expect(psqlCommand(on, "postgres")).toBe(
            `PGSSLMODE=verify-full PGSSLROOTCERT='/my ca.pem' PGSSLCERT=/c PGSSLKEY=/k ${psql} -d postgres`,
        );
    });
});
