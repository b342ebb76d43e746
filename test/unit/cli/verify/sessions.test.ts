import * as fs from "fs";
import * as path from "path";
import { sqlLiteral } from "../../../../findings/quoting";
import { psqlFor, reason, Way, words } from "../../../../cli/verify/sessions";
import { targetOf } from "../../../../cli/verify/target";
import { outputs, settings } from "./fixture";

describe("a session", () => {
    const target = targetOf("stage", outputs, settings);

    test("has its password in the environment alone, and only the direct one carries verify's name", () => {
        const [direct, pooled] = (["direct", "pooled"] as const).map((way) => psqlFor(target, way, "tracksolid_db"));
        expect(direct!.command.join(" ")).toContain("-h timescale_db -p 5432 -U postgres");
        expect(pooled!.command.join(" ")).toContain("-h 127.0.0.1 -p 6432 -U postgres");
        expect([...direct!.command, ...pooled!.command].join(" ")).not.toContain("hunter22");
        expect(direct!.env).toMatchObject({ PGPASSWORD: "hunter22", PGAPPNAME: "pg-sidecar verify" });
        expect(pooled!.env).not.toHaveProperty("PGAPPNAME");
    });

    test("shows the database the pooler's certificate, and checks the database's as the pooler does; only the direct one", () => {
        const command = (mode: typeof target.deployed.serverTlsSslmode, way: Way = "direct") =>
            words(...psqlFor({ ...target, deployed: { ...target.deployed, serverTlsSslmode: mode } }, way, "db").command);
        const own = "env PGSSLCERT=/tmp/certificates/server-cert.pem PGSSLKEY=/tmp/certificates/server-key.pem";
        expect(command("disable")).toMatch(`${own} psql -h`);
        expect(command("require")).toMatch(`${own} PGSSLMODE=require psql -h`);
        expect(command("verify-full")).toMatch(`${own} PGSSLMODE=verify-full PGSSLROOTCERT=/tmp/certificates/server-ca.pem psql -h`);
        expect(command("verify-full", "pooled")).toMatch(/^psql -h 127/);
        expect(fs.readFileSync(path.join(__dirname, "../../../../components/pgbouncer/run"), "utf8")).toMatch(
            /^kept=\/tmp\/certificates /m,
        );
    });

    test("quotes for the shell and for SQL", () => {
        expect(words("psql", "it's")).toBe(`psql 'it'\\''s'`);
        expect(sqlLiteral("it's")).toBe("'it''s'");
    });

    test("that failed says why in a line", () => {
        expect(reason({ code: 2, stdout: "", stderr: "psql: error: no\n\tIs it there?\n" })).toBe("psql: error: no; Is it there?");
        expect(reason({ code: 143, stdout: "", stderr: "" })).toBe("it did not end in time");
        expect(reason({ code: 3, stdout: "", stderr: "" })).toBe("exit code 3");
    });
});
