import { expiry, makeAuthority, makeCertificate } from "../../../../../components/pgbouncer/certificate";
import { BackendTls, Handshake, judgeBackends, judgeCertificate, judgeHandshake } from "../../../../../cli/verify/checks/tls";
import { seen } from "../seen";

const encrypted: BackendTls = { ssl: true, version: "TLSv1.3", cipher: "TLS_AES_256_GCM_SHA384", backends: 3 };
const plain: BackendTls = { ssl: false, version: "", cipher: "", backends: 1 };

describe("to the database", () => {
    test("says how many backends use what", () => {
        expect(seen(judgeBackends([encrypted], "verify-full", "pulumi up"))).toBe("ok: verify-full: 3 backends with TLS (TLSv1.3, TLS_AES_256_GCM_SHA384), 0 without "); // prettier-ignore
        expect(seen(judgeBackends([plain], "disable", "pulumi up"))).toBe("ok: disable: 0 backends with TLS, 1 without ");
    });

    test.each(["require", "verify-ca", "verify-full"] as const)("one without TLS fails under %s", (mode) => {
        expect(seen(judgeBackends([encrypted, plain], mode, "pulumi up"))).toMatch(
            /^failed: .* 1 without pulumi up --replace '\*\*Container::pgbouncer'/,
        );
    });

    test.each(["disable", "prefer"] as const)("one without TLS is as wanted under %s", (mode) => {
        expect(judgeBackends([encrypted, plain], mode, "pulumi up").result).toBe("ok");
    });

    test("none at all proves nothing", () => expect(judgeBackends([], "require", "pulumi up").result).toBe("failed"));
});

describe("to clients", () => {
    const now = new Date("2026-11-26T12:00:00Z");
    const days = (count: number) => now.getTime() / 1000 + count * 86_400;
    const shaken: Handshake = {
        version: "TLSv1.3",
        cipher: "AES",
        checks: true,
        issuer: "pg-sidecar pg-sidecar/stage",
        until: days(14),
        authorityUntil: days(7000),
    };
    const target = { owner: "pg-sidecar/stage", stack: "stage", upCommand: "pulumi up --stack stage" };
    const judge = (more: Partial<Handshake>) => seen(judgeHandshake({ ...shaken, ...more }, target, now));

    test("says for how long the certificate and its CA are valid", () => {
        expect(judge({})).toBe("ok: TLSv1.3, AES; the certificate is valid for 14 days, its CA (pg-sidecar pg-sidecar/stage) for 7000 ");
    });

    test("says if pgAdmin itself can't check it", () => {
        expect(judge({ checks: false })).toMatch(/^ok: .*; pgAdmin's shared entry uses TLS without checking it $/);
    });

    test("warns less than 14 days before either expires, with what renews it", () => {
        expect(judge({ until: days(14) - 1 })).toMatch(/^warning: .* for 13 days, .* pulumi up --stack stage$/);
        expect(judge({ authorityUntil: days(13) })).toMatch(/^warning: .* pulumi up --stack stage --replace '\*\*Stash::pgbouncer-ca'$/);
        expect(judge({ until: days(3), issuer: "ACME" })).toMatch(/pulumi config set --stack stage clientTlsCert < cert\.pem$/);
        expect(judge({ authorityUntil: days(3), issuer: "ACME" })).toMatch(/pulumi config set --stack stage clientTlsCa < ca\.pem$/);
    });

    test("after a rename of the stack, its CA keeps the former name and is renewed as before", async () => {
        const issuer = "pg-sidecar pg-sidecar/former";
        expect(judge({ until: days(3), issuer })).toMatch(/ pulumi up --stack stage$/);
        expect(judge({ authorityUntil: days(3), issuer })).toMatch(/ pulumi up --stack stage --replace '\*\*Stash::pgbouncer-ca'$/);
        expect(judge({ until: days(3), issuer: "pg-sidecar other/stage" })).toMatch(/ clientTlsCert < cert\.pem$/);
        const { cert } = await makeCertificate(await makeAuthority("pg-sidecar/former", now), "pgbouncer", now);
        expect(judgeCertificate(cert, target, expiry(now)).remedy).toBe("pulumi up --stack stage");
    });

    test("without pgAdmin, warns by the certificate that the pooler has, with what renews it", async () => {
        const certificate = async (owner: string) => (await makeCertificate(await makeAuthority(owner, now), "pgbouncer", now)).cert;
        const own = await certificate(target.owner);
        const before = (count: number) => new Date(expiry(now).getTime() - count * 86_400_000);
        expect(seen(judgeCertificate(own, target, before(14)))).toBe(
            "ok: the certificate is valid for 14 days; there is no pgAdmin to check it from ",
        );
        expect(seen(judgeCertificate(own, target, before(13)))).toMatch(/^warning: .* for 13 days; .* pulumi up --stack stage$/);
        expect(judgeCertificate(await certificate("ACME"), target, before(13)).remedy).toBe(
            "pulumi config set --stack stage clientTlsCert < cert.pem",
        );
    });
});
