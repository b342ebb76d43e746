import { shellWord } from "../../../../../findings/quoting";
import { lookupBody } from "../../../../../components/authentication/lookup";
import { Deployed } from "../../../../../settings/deployed";
import { judgeExpiry, judgeGrants, judgePath, judgeRefusal, judgeRole, judgeSuperuser } from "../../../../../cli/verify/checks/lookup";
import { remedies } from "../../../../../cli/verify/lookup-remedies";
import { LookupFacts, Readable, RoleFacts } from "../../../../../cli/verify/lookup-probe";
import { seen } from "../seen";

describe("the lookup", () => {
    const body = lookupBody({ lookupFunction: "public.user_lookup", owner: "pg-sidecar/s" });
    const facts = { superuser: true, privileged: true, roleExists: true, owner: "postgres", body, executors: ["pgbouncer", "postgres"] };
    const deployed = { authFunction: "public.user_lookup", authUser: "pgbouncer", processes: 1, databases: ["app", "dwh"] } as Deployed;
    const psqlCommand = (database: string, statement: string) => `psql -d ${database} -c ${shellWord(statement)}`;
    const fixes = remedies({
        stack: "s",
        superuser: true,
        upCommand: "pulumi up --stack s",
        owner: "pg-sidecar/s",
        psqlCommand,
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
        expect(fixes.body("SELECT 1")).toMatch(
            /^psql -d app -c 'DROP FUNCTION "public"."user_lookup"\(text\)' && pulumi up --stack s --refresh/,
        );
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

    test("refuses a superuser; a function that shows one to the pooler is replaced", () => {
        const ran = (code: number, stderr = "") => seen(judgeSuperuser({ code, stdout: "1", stderr }, "postgres", fixes.body(body)));
        expect(ran(0)).toBe("failed: postgres logged in through the pool pulumi up --stack s --refresh");
        expect(ran(2, "psql: error: FATAL:  SASL authentication failed")).toMatch(/^ok: postgres with the right password: /);
        expect(ran(2, "psql: error: timeout expired")).toMatch(/^failed: refused, but for another reason: psql: error: timeout expired/);
    });

    test("says in any language of the server that the role's password was changed, and of no other refusal", () => {
        const ran = (said: string) =>
            seen(judgeRefusal({ code: 2, stdout: "", stderr: `psql: error: … FATAL:  ${said}` }, "pgbouncer", fixes));
        const file = '\npassword retrieved from file "/tmp/pgpass.1"\n';
        for (const said of [
            'password authentication failed for user "pgbouncer"',
            "Passwort-Authentifizierung für Benutzer »pgbouncer« fehlgeschlagen",
        ])
            expect(ran(said + file)).toMatch(
                /^failed: the password of role pgbouncer was changed by hand: .* pulumi up --stack s --refresh$/,
            );
        expect(ran("kein pg_hba.conf-Eintrag für Host »172.18.0.3«")).toMatch(/^failed: psql: .*»172.18.0.3« $/);
    });

    const role = { attributes: [], connectionLimit: 17, memberOf: [], readable: [] as Readable[] };
    const judged = (more: Partial<RoleFacts> = {}, elsewhere: Partial<RoleFacts> = {}) =>
        seen(judgeRole([{ database: "app", role: { ...role, ...more } }, { database: "dwh", role: { ...role, ...elsewhere } }], deployed, fixes)); // prettier-ignore

    test("role has to be able to log in, and nothing else", () => {
        expect(judged()).toMatch(/^ok: pgbouncer can log in, up to 17 times, is a member of nothing, and no table is granted to it $/);
        expect(judged({ attributes: ["INHERIT", "CREATEDB"] })).toMatch(/^failed: pgbouncer has INHERIT, CREATEDB .*--refresh$/);
        expect(judged({ memberOf: ["app"] })).toMatch(/^failed: pgbouncer is a member of app .*REVOKE "app" FROM "pgbouncer"'$/);
        expect(judged({ memberOf: [`o'neil"`] })).toContain(`psql -d app -c 'REVOKE "o'\\''neil""" FROM "pgbouncer"'`);
        expect(judged({ connectionLimit: 16 })).toMatch(/^failed: .*16 connections, fewer than the 17/);
        expect(judged({ connectionLimit: -1 })).toMatch(/^failed: pgbouncer has no connection limit/);
        expect(judged({ connectionLimit: 33 })).toMatch(/^ok/);
        expect(seen(judgeRole([{ database: "app" }], deployed, fixes))).toMatch(/^failed: role pgbouncer is gone/);
    });

    test("role must not have been granted a table in any of the databases; what PUBLIC has is said", () => {
        const one = { table: "t", own: true, extension: false };
        expect(judged({}, { readable: [one] })).toMatch(
            /^failed: pgbouncer has a grant on t in dwh .*-d dwh -c 'REVOKE ALL ON t FROM "pgbouncer"'$/,
        );
        const open = [
            { ...one, own: false },
            { table: "e", own: false, extension: true },
        ];
        expect(judged({ readable: open })).toMatch(/^ok: .*through PUBLIC, as every role, it can read app t and 1 of extensions $/);
    });

    test("role's password is renewed by a rotation if the provider reads none", () => {
        const limited = remedies({ stack: "s", superuser: false, upCommand: "pulumi up", owner: "p/s", psqlCommand, deployed });
        expect(limited.password).toBe("./sidecar rotate --stack s");
    });
});
