import { sqlLiteral } from "../../../findings/quoting";
import { filesDir } from "../../../components/names";
import { lookupConnections } from "../../../components/pgbouncer/lookupconnections";
import { ExecResult } from "../../../host/exec";
import { Check, failed, ok, Outcome, skipped } from "../check";
import { Answers, lookupFacts, LookupFacts, probe, roleFacts, RoleFacts } from "../lookup-probe";
import { Remedies, remedies } from "../lookup-remedies";
import { inPooler, psqlFor, query, reason, words } from "../sessions";
import { Target } from "../target";

/** Whether only its owner and the lookup role may execute the function, and a superuser's own call finds nothing. */
export function judgeGrants(
    { owner, body, executors }: LookupFacts,
    answersSuperuser: boolean,
    authUser: string,
    fixes: Remedies,
): Outcome {
    const others = executors.filter((one) => ![owner, authUser].includes(one));
    if (answersSuperuser) return failed("it shows verifiers to a session that is not the pooler's", fixes.body(body));
    if (others.length > 0) return failed(`${others.join(", ")} may execute it`, fixes.executor(others[0]!));
    if (!executors.includes(authUser)) return failed(`${authUser} may not execute it`, fixes.role);
    return ok(`only ${executors.join(" and ")} may execute it; a superuser's own call gives NULL`);
}

export function judgeExpiry({ unexpired, expired }: Answers, remedy: string): Outcome {
    if (!unexpired) return failed("it does not find the verifier of a valid password", remedy);
    if (!expired) return failed("it shows the verifier of an expired password", remedy);
    return ok("it finds a role's verifier until VALID UNTIL has passed, then NULL");
}

export function judgePath({ trapWorks, live, expired, unknown }: Answers, remedy: string): Outcome {
    if (!trapWorks) return skipped("the traps do not catch an unqualified query here, so the check would prove nothing");
    const caught = Object.entries({ "a live": live, "an expired": expired, "an unknown": unknown }).filter(([, right]) => !right);
    if (caught.length === 0) return ok("with traps first in search_path, the answers for a live, an expired and an unknown role are right");
    return failed(`a search_path with traps changes its answer for ${caught.map(([name]) => name).join(" and ")} role`, remedy);
}

/** Whether the role can do nothing but log in, and has the connections that the poolers need. */
export function judgeRole(
    each: { database: string; role?: RoleFacts }[],
    { authUser, processes }: Pick<Target["deployed"], "authUser" | "processes">,
    fixes: Remedies,
): Outcome {
    const role = each[0]?.role;
    if (!role) return failed(`role ${authUser} is gone`, fixes.role);
    const needed = lookupConnections(processes);
    const { attributes, connectionLimit: limit, memberOf } = role;
    if (attributes.length > 0) return failed(`${authUser} has ${attributes.join(", ")}`, fixes.role);
    if (limit < needed) {
        const has = limit < 0 ? "has no connection limit" : `may have ${limit} connections, fewer than the ${needed} that poolers may need`;
        return failed(`${authUser} ${has}`, fixes.role);
    }
    if (memberOf.length > 0) return failed(`${authUser} is a member of ${memberOf.join(", ")}`, fixes.leave(memberOf[0]!));
    const readable = each.flatMap(({ database, role: here }) => (here?.readable ?? []).map((one) => ({ ...one, database })));
    const own = readable.find((one) => one.own);
    if (own) return failed(`${authUser} has a grant on ${own.table} in ${own.database}`, fixes.unread(own.database, own.table));
    const extensions = readable.filter(({ extension }) => extension).length;
    const others = readable.filter(({ extension }) => !extension).map(({ table, database }) => `${database} ${table}`);
    const shown = others.length > 5 ? [...others.slice(0, 5), `${others.length - 5} more`] : others;
    const open = [...(shown.length > 0 ? [shown.join(", ")] : []), ...(extensions > 0 ? [`${extensions} of extensions`] : [])];
    return ok(
        `${authUser} can log in, up to ${limit} times, is a member of nothing, and no table is granted to it` +
            (open.length > 0 ? `; through PUBLIC, as every role, it can read ${open.join(" and ")}` : ""),
    );
}

/** Whether the provider's login, with its right password, is refused by the pool. It is if it may not be looked up. */
async function refuseSuperuser(target: Target): Promise<Outcome> {
    const { poolSuperusers, databases } = target.deployed;
    if (poolSuperusers) return skipped("poolSuperusers is true");
    const { user } = target.login;
    if (!(await lookupFacts(target)).privileged) return skipped(`${user} is neither a superuser nor a replication role`);
    const { command, env } = psqlFor({ ...target, pooled: target.login }, "pooled", databases[0]!);
    const ran = await inPooler(target, `exec ${words(...command, "-c", "SELECT 1")}`, env);
    return judgeSuperuser(ran, user, remedies(target).body((await lookupFacts(target)).body));
}

/** Whether the pool refused a superuser with the right password, and because of the lookup. */
export function judgeSuperuser(ran: ExecResult, user: string, remedy: string): Outcome {
    if (ran.code === 0) return failed(`${user} logged in through the pool`, remedy);
    return /authentication failed|no such user/.test(ran.stderr)
        ? ok(`${user} with the right password: ${reason(ran)}`)
        : failed(`refused, but for another reason: ${reason(ran)}`);
}

/** Logs in to the database as the pooler does, with the password of the settings in force. The password does not leave the container. */
async function logIn(target: Target): Promise<Outcome> {
    const { databaseHost, databasePort, authUser } = target.deployed;
    const settings = `. ${filesDir}/common && read_settings "$(cat $settings/current)"`; // which exports PGPASSFILE
    const ran = await inPooler(target, `${settings} && on_database "$host" -c 'SELECT 1'`, { PGCONNECT_TIMEOUT: "5" });
    if (ran.code === 0) return ok(`${authUser} logs in to ${databaseHost}:${databasePort} with it`);
    if (!(await lookupFacts(target)).roleExists) return failed(`role ${authUser} is gone`, remedies(target).role);
    return judgeRefusal(ran, authUser, remedies(target));
}

/** Why the database refuses the pooler's login. */
export function judgeRefusal(ran: ExecResult, authUser: string, fixes: Remedies): Outcome {
    // psql adds this line if the password from PGPASSFILE is wrong (28P01). Unlike the server's message, it is never translated here.
    if (!/password retrieved from file/.test(ran.stderr)) return failed(reason(ran));
    return failed(`the password of role ${authUser} was changed by hand: ${reason(ran)}`, fixes.password);
}

export const lookupChecks: Check[] = [
    {
        id: "lookup-grants",
        proves: "the lookup function answers only the pooler",
        run: async (target) => {
            const { databases, authFunction, authUser } = target.deployed;
            const facts = await lookupFacts(target);
            if (facts.owner === null) return failed(`function ${authFunction} is gone`, remedies(target).gone);
            const answers = await query(
                target,
                "direct",
                databases[0]!,
                `SELECT count(phash) FROM ${authFunction}(${sqlLiteral(authUser)})`,
            );
            return judgeGrants(facts, answers !== "0", authUser, remedies(target));
        },
    },
    {
        id: "lookup-role",
        proves: "the lookup role can log in and execute the function; no table is granted to it",
        run: async (target) => judgeRole(await roleFacts(target), target.deployed, remedies(target)),
    },
    { id: "lookup-superuser", proves: "no superuser logs in through the pool, if poolSuperusers is false", run: refuseSuperuser },
    {
        id: "lookup-expiry",
        proves: "the lookup function shows no verifier of an expired password",
        run: async (target) =>
            judgeExpiry(await probe(target, "password-expiry.sql"), remedies(target).body((await lookupFacts(target)).body)),
    },
    {
        id: "lookup-path",
        proves: "no search_path changes the lookup function's answer",
        run: async (target) =>
            judgePath(await probe(target, "search-path-traps.sql"), remedies(target).body((await lookupFacts(target)).body)),
    },
    { id: "lookup-login", proves: "the pooler's password for its lookups is that of the role", run: logIn },
];
