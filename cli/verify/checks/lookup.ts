import { lookupOwner } from "../../../components/authentication/lookup";
import { configDir } from "../../../components/pgbouncer/ini";
import { Check, failed, ok, Outcome, skipped } from "../check";
import { Answers, lookupFacts, LookupFacts, probe } from "../lookup-probe";
import { inPooler, literal, query, reason, words } from "../sessions";
import { Target } from "../target";

/** The commands that fix what is wrong with the function. Each was tried. */
export function remedies({
    owner,
    psqlCommand,
    upCommand: up,
    deployed: { authFunction },
}: Pick<Target, "owner" | "psqlCommand" | "upCommand" | "deployed">) {
    return {
        role: `${up} --refresh`,
        password: `${up} --refresh`,
        // The grants too: the provider takes those of the new function for unchanged.
        gone: `${up} --refresh --replace '**Grant::**'`,
        /** A function without the stack's mark in its body is somebody else's: an `up` does not touch it. */
        body: (body: string | null) =>
            body !== null && lookupOwner(body) === owner
                ? `${up} --refresh`
                : `${psqlCommand} -c 'DROP FUNCTION ${authFunction}(text)' && ${up} --refresh --replace '**Grant::**'`,
        // The provider does not see a grant to PUBLIC that was made by hand.
        executor: (name: string) =>
            name === "PUBLIC"
                ? `${up} --replace '**-public'`
                : `${psqlCommand} -c 'REVOKE EXECUTE ON FUNCTION ${authFunction}(text) FROM "${name}"'`,
    };
}

type Remedies = ReturnType<typeof remedies>;

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

/** Logs in to the database as the pooler does, with the password of the settings in force. The password does not leave the container. */
async function logIn(target: Target): Promise<Outcome> {
    const { databaseHost, databasePort, databases, authUser } = target.deployed;
    const psql = words(
        "psql",
        "-h",
        databaseHost,
        "-p",
        String(databasePort),
        "-U",
        authUser,
        "-d",
        databases[0]!,
        "-qAtX",
        "-c",
        "SELECT 1",
    );
    const password = `. ${configDir}/common && read_settings "$(cat $settings/current)"`; // which exports PGPASSWORD
    const ran = await inPooler(target, `${password} && exec ${psql}`, { PGCONNECT_TIMEOUT: "5" });
    if (ran.code === 0) return ok(`${authUser} logs in to ${databaseHost}:${databasePort} with it`);
    if (!(await lookupFacts(target)).roleExists) return failed(`role ${authUser} is gone`, remedies(target).role);
    if (!/password authentication failed/.test(ran.stderr)) return failed(reason(ran));
    return failed(`the password of role ${authUser} was changed by hand: ${reason(ran)}`, remedies(target).password);
}

export const lookupChecks: Check[] = [
    {
        id: "lookup-grants",
        proves: "the lookup function answers only the pooler",
        run: async (target) => {
            const { databases, authFunction, authUser } = target.deployed;
            const facts = await lookupFacts(target);
            if (facts.owner === null) return failed(`function ${authFunction} is gone`, remedies(target).gone);
            const answers = await query(target, "direct", databases[0]!, `SELECT count(phash) FROM ${authFunction}(${literal(authUser)})`);
            return judgeGrants(facts, answers !== "0", authUser, remedies(target));
        },
    },
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
