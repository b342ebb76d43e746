import { makeAuthority } from "../../../../components/pgbouncer/certificate";
import { fixOf } from "../../../../components/pgbouncer/refusals";
import { afterFix, settingsOf } from "../../fixture";

test.each([
    ["WARNING TLS handshake error: handshake failed: error:0A000086:SSL routines::certificate verify failed", "serverTlsCa < ca.pem"],
    ["WARNING TLS handshake error: name `db' not present in server certificate", "serverTlsSslmode verify-ca"],
    ["LOG closing because: server refused SSL (age=0s)", "serverTlsSslmode prefer"],
    ['FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "pgbouncer", database "a", no encryption', "serverTlsSslmode require"],
])("%s has its own fix", (said, fix) => {
    expect(fixOf(said, "pg-sidecar/stage", false)?.endsWith(`pulumi config set --stack stage ${fix}`)).toBe(true);
});

test("other words have none", () => expect(fixOf("ERROR unknown parameter: no_such_setting", "pg-sidecar/stage", false)).toBeUndefined());

test.each([true, false])("the settings accept what the fix of a database without TLS leaves (with a CA: %s)", async (hasCa) => {
    const before = hasCa
        ? { serverTlsSslmode: "verify-ca", serverTlsCa: (await makeAuthority("a")).cert }
        : { serverTlsSslmode: "require" };
    const fix = fixOf("LOG closing because: server refused SSL (age=0s)", "pg-sidecar/stage", settingsOf(before).serverTlsCa !== "")!;
    expect(settingsOf(afterFix(before, fix))).toMatchObject({ serverTlsSslmode: "prefer", serverTlsCa: "" });
});
