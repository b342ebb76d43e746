import { lookupBody } from "../../../../../components/authentication/lookup";
import { Deployed } from "../../../../../settings/deployed";
import { judgeExpiry, judgeGrants, judgePath, remedies } from "../../../../../cli/verify/checks/lookup";
import { LookupFacts } from "../../../../../cli/verify/lookup-probe";
import { seen } from "../seen";

describe("the lookup", () => {
    const body = lookupBody({ lookupFunction: "public.user_lookup", owner: "pg-sidecar/s" });
    const facts = { superuser: true, roleExists: true, owner: "postgres", body, executors: ["pgbouncer", "postgres"] };
    const deployed = { authFunction: "public.user_lookup" } as Deployed;
    const fixes = remedies({
        upCommand: "pulumi up --stack s",
        owner: "pg-sidecar/s",
        psqlCommand: "psql -h h",
        deployed,
    });
    const grants = (more: Partial<LookupFacts>, answersSuperuser = false) =>
        seen(judgeGrants({ ...facts, ...more }, answersSuperuser, "pgbouncer", fixes));

    test("may only be executed by its owner and the lookup role", () => {
        expect(grants({})).toMatch(/^ok/);
        expect(grants({ executors: ["PUBLIC", "pgbouncer"] })).toMatch(/^failed: PUBLIC may execute it .*--replace '\*\*-public'/);
        expect(grants({ executors: ["grafana", "pgbouncer"] })).toMatch(/^failed: grafana .*REVOKE EXECUTE .* FROM "grafana"/);
        expect(grants({ executors: ["postgres"] })).toMatch(/^failed: pgbouncer may not/);
        expect(grants({}, true)).toMatch(/^failed: it shows verifiers .* pulumi up --stack s --refresh$/);
    });

    test("replaced by one without the mark has to be dropped, since an up does not touch it", () => {
        expect(fixes.body("SELECT 1")).toMatch(/^psql -h h -c 'DROP FUNCTION public.user_lookup\(text\)' && pulumi up --stack s --refresh/);
    });

    test("has to find the verifier of a valid password, and not of an expired one", () => {
        expect(judgeExpiry({ unexpired: true, expired: true }, "").result).toBe("ok");
        expect(judgeExpiry({ unexpired: false, expired: true }, "").result).toBe("failed");
        expect(judgeExpiry({ unexpired: true, expired: false }, "").result).toBe("failed");
    });

    test("is skipped if the traps don't work, and names the answers that they changed", () => {
        const right = { trapWorks: true, live: true, expired: true, unknown: true };
        expect(judgePath(right, "").result).toBe("ok");
        expect(judgePath({ ...right, trapWorks: false }, "").result).toBe("skipped");
        expect(judgePath({ ...right, live: false, unknown: false }, "").saw).toContain("a live and an unknown role");
    });
});
