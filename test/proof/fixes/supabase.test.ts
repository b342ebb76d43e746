import { attempt, run } from "../../../lab/run";
import { changing, Sidecar, sidecar } from "../../e2e/support/stack";
import { printedFixes } from "../limited";
import { binaries, OldServer } from "../oldserver";
import { clear, make, stack } from "../ownstack";
import { firstWay } from "./fixes";

// A PostgreSQL in the shape of Supabase's: postgres is not a superuser, and the role pgbouncer is its own pooler's.

let on: Sidecar;
let server: OldServer;
let env: Record<string, string>;

const asAdmin = (text: string) => server.sql(text, "tracksolid_db", "supabase_admin");

/** What of Supabase's own the stack must leave alone. */
const supabases = () =>
    asAdmin(
        `SELECT (SELECT pg_authid FROM pg_authid WHERE rolname = 'pgbouncer'), (SELECT pg_proc FROM pg_proc WHERE proname = 'get_auth'),
                (SELECT setconfig FROM pg_db_role_setting WHERE setrole = 'pgbouncer'::regrole)`,
    );

beforeAll(async () => {
    on = await sidecar();
    await clear(on);
    server = await OldServer.start(on, await binaries("17"));
    const password = `PASSWORD '${on.lab.databasePassword}'`;
    // Supabase's cluster is made by supabase_admin: whoever makes one stays a superuser.
    await server.sql("CREATE ROLE helper SUPERUSER LOGIN");
    await server.sql("ALTER ROLE postgres RENAME TO supabase_admin", "tracksolid_db", "helper");
    await asAdmin("DROP ROLE helper");
    await asAdmin(`ALTER ROLE supabase_admin ${password}`);
    await asAdmin(`CREATE ROLE postgres LOGIN CREATEDB CREATEROLE REPLICATION BYPASSRLS ${password}`);
    await asAdmin("GRANT ALL ON DATABASE tracksolid_db TO postgres");
    await asAdmin("GRANT pg_monitor TO postgres");
    await asAdmin(`CREATE ROLE pgbouncer LOGIN ${password}`);
    await asAdmin("CREATE SCHEMA pgbouncer AUTHORIZATION pgbouncer");
    await asAdmin(
        `CREATE FUNCTION pgbouncer.get_auth(p_usename text) RETURNS TABLE (username text, password text) LANGUAGE sql SECURITY DEFINER
             AS 'SELECT rolname::text, rolpassword FROM pg_catalog.pg_authid WHERE rolname = p_usename'`,
    );
    await asAdmin("REVOKE ALL ON FUNCTION pgbouncer.get_auth(text) FROM PUBLIC");
    await asAdmin("GRANT EXECUTE ON FUNCTION pgbouncer.get_auth(text) TO pgbouncer");
    env = await make(on, server);
});

afterAll(async () => {
    await clear(on);
    await OldServer.remove(on.lab.id);
});

const pulumi = (...args: string[]) => attempt("pulumi", [...args, "--color", "never", "--non-interactive"], { env });
const succeeded = ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => {
    if (code !== 0) throw new Error(stdout + stderr);
    return stdout;
};

test("neither adoption nor an up takes the role, and the printed fixes lead to a stack of its own beside it", async () => {
    const before = await supabases();
    const adopted = await attempt("./sidecar", ["adopt", "--stack", stack, "--yes"], { env });
    expect(adopted.stdout + adopted.stderr).toContain("role pgbouncer on");
    expect(adopted.stdout + adopted.stderr).toContain("is Supabase's own");
    expect(adopted.code).not.toBe(0);

    const first = await pulumi("preview");
    const said = first.stdout + first.stderr;
    expect(said).toContain("is Supabase's own");
    expect(said).not.toContain("./sidecar adopt");
    const fixes = printedFixes(said);
    expect(fixes).toContain(`pulumi config set --stack ${stack} authUser sidecar_lookup`);
    for (const fix of fixes) {
        const ran = await attempt("bash", ["-c", `set -e; ${firstWay(fix)}`], { env });
        if (ran.code !== 0) throw new Error(`${fix}\nfailed with ${ran.code}:\n${ran.stdout}${ran.stderr}`);
    }
    succeeded(await pulumi("up", ...changing));
    succeeded(await pulumi("preview", "--refresh", "--expect-no-changes"));
    const container = (await run("pulumi", ["stack", "output", "pgbouncerContainer", "--stack", stack], { env })).trim();
    const through = await attempt("docker", [
        ...["exec", "-e", `PGPASSWORD=${on.lab.databasePassword}`, container],
        ...["psql", "-h", "127.0.0.1", "-p", "6432", "-U", "postgres", "-d", "tracksolid_db", "-AtXc", "SELECT current_user"],
    ]);
    expect(through.stdout.trim()).toBe("postgres");
    expect(await supabases()).toBe(before);
    console.log(`${fixes.length} printed fixes; verify: ${succeeded(await attempt("./sidecar", ["verify", "--stack", stack], { env })).trim().split("\n").find((line) => line.includes("passed"))}`); // prettier-ignore
    succeeded(await pulumi("destroy", ...changing));
    expect(await supabases()).toBe(before);
});
