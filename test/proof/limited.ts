import { attempt, run } from "../../lab/run";
import { changing } from "../e2e/support/stack";
import { firstWay } from "./fixes/fixes";
import { OldServer } from "./oldserver";
import { stack } from "./ownstack";

/** A role of an administrator who is not a superuser. It has the superuser's password, which the lab's environment holds. */
const login = "keeper";

/** The stack of the proof, deployed by a role that is not a superuser. */
export class Limited {
    constructor(
        private readonly env: Record<string, string>,
        private readonly server: OldServer,
    ) {}

    /** Does what a first preview prints, all at once and as printed, until an `up` works. Returns how many fixes it took. */
    async begin(): Promise<string> {
        await this.server.sql(`CREATE ROLE ${login} LOGIN PASSWORD '${this.env.PGPASSWORD}'`);
        for (const [key, value] of [
            ["postgresql:username", login],
            ["pgadminRole", "people"],
            ["poolSuperusers", "false"],
        ]) {
            await run("pulumi", ["config", "set", "--stack", stack, key!, value!], { env: this.env });
        }
        await run("pulumi", ["config", "set", "--stack", stack, "--path", "pgadminRoleSchemas[0]", "tracksolid"], { env: this.env });
        const first = await this.preview();
        const fixes = printedFixes(first);
        if (fixes.length < 5) throw new Error(`the first preview prints ${fixes.length} fixes:\n${first}`);
        for (const fix of fixes) {
            const ran = await attempt("bash", ["-c", `set -e; ${firstWay(fix)}`], { env: this.env });
            if (ran.code !== 0) throw new Error(`${fix}\nfailed with ${ran.code}:\n${ran.stdout}${ran.stderr}`);
        }
        const { code, stdout, stderr } = await attempt("pulumi", ["up", ...changing, "--color", "never", "--non-interactive"], {
            env: this.env,
            log: "versions-limited",
        });
        const said = stdout + stderr;
        if (code !== 0 || /not a superuser/.test(said))
            throw new Error(`after the printed fixes:\n${said.trim().split("\n").slice(-25).join("\n")}`);
        return `${fixes.length} fixes`;
    }

    private async preview(): Promise<string> {
        const ran = await attempt("pulumi", ["preview", "--color", "never", "--non-interactive"], { env: this.env });
        if (ran.code === 0) throw new Error(`a preview passes although ${login} has no right at all:\n${ran.stdout}`);
        return ran.stdout + ran.stderr;
    }

    /** Leaves a role as an `up` does that is killed before it records what it made: the next one removes it first. */
    async leaveRole(): Promise<void> {
        const [spare] = (
            await this.server.sql("SELECT name FROM unnest(ARRAY['pgbouncer', 'pgbouncer_2']) name EXCEPT SELECT rolname FROM pg_roles")
        ).split("\n");
        await this.server.sql(
            `SET ROLE ${login}; CREATE ROLE ${spare} LOGIN; ALTER ROLE ${spare} SET search_path = pg_catalog, pg_temp, "pg-sidecar/${stack}"`,
        );
    }

    /** Takes away the role, and what the fixes gave it. */
    async end(): Promise<void> {
        await this.server.sql(`DROP OWNED BY ${login}; DROP ROLE ${login}`);
    }
}

/** The fixes that a preview printed, each once. */
export const printedFixes = (said: string) => [...new Set([...said.matchAll(/^\s*Fix: (.*)$/gm)].map(([, fix]) => fix!))];
