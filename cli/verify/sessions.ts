import { exec, ExecResult } from "../../host/exec";
import { findContainer } from "./containers";
import { Unmet } from "./check";
import { Target } from "./target";

/** Name of the direct sessions of verify in pg_stat_activity, by which they are told from the pooler's backends. */
export const applicationName = "pg-sidecar verify";

/** Seconds after which a session, stuck or cut off, ends by itself. */
const sessionTimeout = 25;

/** How a session reaches the database. All of them are made by psql in the pooler's container. */
export type Way = "direct" | "pooled";

/** Where and as whom psql connects: arguments and environment. The password is in the latter. */
export function psqlFor({ deployed, login }: Target, way: Way, database: string): { command: string[]; env: Record<string, string> } {
    const [host, port] = way === "direct" ? [deployed.databaseHost, deployed.databasePort] : ["127.0.0.1", deployed.listenPort];
    return {
        command: ["psql", "-h", host, "-p", String(port), "-U", login.user, "-d", database, "-qAtX", "-v", "ON_ERROR_STOP=1"],
        env: {
            PGPASSWORD: login.password,
            PGCONNECT_TIMEOUT: "5",
            // Only the direct ones: the pooler hands a client's name on to the backend.
            ...(way === "direct" ? { PGAPPNAME: applicationName, PGOPTIONS: "-c statement_timeout=15s -c lock_timeout=3s" } : {}),
        },
    };
}

/** Runs a shell script in the pooler's container; the values of `env` reach it as variables. `seconds` bounds it. */
export async function inPooler(
    on: Target,
    script: string,
    env: Record<string, string> = {},
    seconds = sessionTimeout,
): Promise<ExecResult> {
    const { pgbouncerContainer } = on.outputs;
    const pooler = await findContainer(on, pgbouncerContainer);
    if (!pooler?.running) throw new Unmet(`the pooler ${pgbouncerContainer} does not run (see containers)`);
    return exec(on.docker, pgbouncerContainer, ["timeout", String(seconds), "sh", "-c", script], env, (seconds + 5) * 1000);
}

/** Runs commands in one session, each in a transaction of its own unless it says otherwise, and returns what they print. */
export async function query(on: Target, way: Way, database: string, ...commands: string[]): Promise<string> {
    const { command, env } = psqlFor(on, way, database);
    const ran = await inPooler(on, `exec ${words(...command, ...commands.flatMap((each) => ["-c", each]))}`, env);
    if (ran.code !== 0) throw new Error(`${way} session on ${database}: ${reason(ran)}`);
    return ran.stdout.trim();
}

/** The same for a query whose one answer is JSON. */
export async function queryJson<T>(on: Target, way: Way, database: string, command: string): Promise<T> {
    return JSON.parse(await query(on, way, database, command)) as T;
}

/** What a program that failed said, in a line. */
export function reason({ code, stdout, stderr }: ExecResult): string {
    if (code === 143 || code === 124) return `it did not end in time`;
    return (stderr || stdout).trim().replace(/\s*\n\s*/g, "; ") || `exit code ${code}`;
}

/** The arguments as words of a shell script. */
export function words(...args: string[]): string {
    return args.map((arg) => `'${arg.replaceAll("'", `'\\''`)}'`).join(" ");
}

/** A value as a literal of SQL. */
export function literal(value: string): string {
    return `'${value.replaceAll("'", "''")}'`;
}
