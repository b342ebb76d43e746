import { ownSchemas } from "../../components/searchpath";
import { certificatesDir, verifies } from "../../components/pgbouncer/tls";
import { UserError } from "../../findings/errors";
import { shellWord } from "../../findings/quoting";
import { exec, ExecResult } from "../../host/exec";
import { Unmet } from "./check";
import { runningContainer } from "./containers";
import { Target } from "./target";

/** Name of verify's direct sessions in pg_stat_activity. It sets them apart from the pooler's backends. */
const applicationName = "pg-sidecar verify";

/** Of direct sessions. */
const directOptions = `-c search_path=${ownSchemas.join(",")} -c statement_timeout=15s -c lock_timeout=3s`;

/** Seconds after which a session that is stuck or cut off ends by itself. */
const sessionTimeout = 25;

/** How a session reaches the database. psql in the pooler's container opens all of them. */
export type Way = "direct" | "pooled";

/** Where and as whom psql connects. The password is in the environment, since arguments show in process lists. */
export function psqlFor(
    { deployed, login: direct, pooled }: Target,
    way: Way,
    database: string,
): { command: string[]; env: Record<string, string> } {
    const login = way === "direct" ? direct : pooled;
    const [host, port] = way === "direct" ? [deployed.databaseHost, deployed.databasePort] : ["127.0.0.1", deployed.listenPort];
    const at = ["-h", host, "-p", String(port), "-U", login.user, "-d", database];
    return {
        command: [...(way === "direct" ? tlsFor(deployed) : []), "psql", ...at, "-qAtX", "-v", "ON_ERROR_STOP=1"],
        env: {
            PGPASSWORD: login.password,
            PGCONNECT_TIMEOUT: "5",
            // Not for pooled sessions: the pooler passes a client's name on to the backend.
            ...(way === "direct" ? { PGAPPNAME: applicationName, PGOPTIONS: directOptions } : {}),
        },
    };
}

/** The TLS of a direct session, which is the pooler's own. A certificate that the pooler does not have is not shown: libpq skips a missing file. */
function tlsFor({ serverTlsSslmode: mode }: Target["deployed"]): string[] {
    return [
        "env",
        `PGSSLCERT=${certificatesDir}/server-cert.pem`,
        `PGSSLKEY=${certificatesDir}/server-key.pem`,
        // verify's login may need TLS where the pooler's clients do not: libpq's default takes both.
        ...(mode === "disable" ? [] : [`PGSSLMODE=${mode}`]),
        ...(verifies(mode) ? [`PGSSLROOTCERT=${certificatesDir}/server-ca.pem`] : []),
    ];
}

/** Runs a shell script in the pooler's container, with `env` as its variables. It is killed after `seconds`. */
export async function inPooler(
    target: Target,
    script: string,
    env: Record<string, string> = {},
    seconds = sessionTimeout,
): Promise<ExecResult> {
    const { pgbouncerContainer } = target.outputs;
    await runningContainer(target, pgbouncerContainer, "the pooler");
    return exec(target.docker, pgbouncerContainer, ["timeout", String(seconds), "sh", "-c", script], {
        env,
        timeout: (seconds + 5) * 1000,
    });
}

/** Runs commands in one session and returns what they print. Each is a transaction of its own, unless they BEGIN one. */
export async function query(target: Target, way: Way, database: string, ...commands: string[]): Promise<string> {
    const { command, env } = psqlFor(target, way, database);
    const ran = await inPooler(target, `exec ${words(...command, ...commands.flatMap((each) => ["-c", each]))}`, env);
    if (ran.code !== 0) throw new Error(`${way} session on ${database}: ${reason(ran)}`);
    return ran.stdout.trim();
}

/** Runs a query that answers with one JSON value. */
export async function queryJson<T>(target: Target, way: Way, database: string, command: string): Promise<T> {
    return JSON.parse(await query(target, way, database, command)) as T;
}

/** The output of a program that failed, in one line. */
export function reason({ code, stdout, stderr }: ExecResult): string {
    if (code === 143 || code === 124) return `it did not end in time`;
    return (stderr || stdout).trim().replace(/\s*\n\s*/g, "; ") || `exit code ${code}`;
}

/** The last line of what a program that failed said, as Python puts the cause there, or why there is none. */
export const lastLine = (ran: ExecResult) => ran.stderr.trim().split("\n").at(-1) || reason(ran);

/** The arguments as words of a shell script. */
export const words = (...args: string[]) => args.map(shellWord).join(" ");

/** Rejects with why a stack can't be looked at. That is for the reader to fix, so it has no stack trace. */
export function rejectUnseen(cause: Error): never {
    throw new UserError(cause.message.trim(), cause instanceof Unmet ? cause.remedy : undefined);
}
