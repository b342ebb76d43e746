import { randomBytes } from "crypto";
import { lookupOwner } from "../../../components/authentication/lookup";
import { Check, failed, ok, once, Outcome, skipped, Unmet } from "../check";
import { inPooler, literal, query, queryJson, reason, words } from "../sessions";
import { Target } from "../target";

/** What the database tells of the lookup function. */
export interface LookupFacts {
    superuser: boolean;
    roleExists: boolean;
    /** Owner and body; null where there is no such function. */
    owner: string | null;
    body: string | null;
    /** Who may execute it; `PUBLIC` is everybody. */
    executors: string[];
}

const lookupFacts = once((target: Target): Promise<LookupFacts> =>
    queryJson(
        target,
        "direct",
        target.deployed.databases[0]!,
        `SELECT json_build_object(
                 'superuser', (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),
                 'roleExists', EXISTS (SELECT FROM pg_roles WHERE rolname = ${literal(target.deployed.authUser)}),
                 'owner', min(pg_get_userbyid(proowner)::text),
                 'body', min(prosrc),
                 'executors', coalesce(json_agg(DISTINCT CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(grantee) END)
                                       FILTER (WHERE privilege_type = 'EXECUTE'), '[]'))
               FROM pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner)))
              WHERE pg_proc.oid = to_regprocedure(${literal(`${target.deployed.authFunction}(text)`)})`,
    ),
);

/** The commands that mend what is wrong with the function, each tried. */
export function remedies({
    owner,
    psqlCommand,
    upCommand: up,
    deployed: { authFunction },
}: Pick<Target, "owner" | "psqlCommand" | "upCommand" | "deployed">) {
    return {
        role: `${up} --refresh`,
        password: `${up} --refresh`,
        // Its grants too: of a function that is new, the provider takes those for unchanged.
        gone: `${up} --refresh --replace '**Grant::**'`,
        /** A body without the stack's mark is somebody's own, which an `up` does not touch. */
        body: (body: string | null) =>
            body !== null && lookupOwner(body) === owner
                ? `${up} --refresh`
                : `${psqlCommand} -c 'DROP FUNCTION ${authFunction}(text)' && ${up} --refresh --replace '**Grant::**'`,
        // The provider does not see what PUBLIC got by hand.
        executor: (name: string) =>
            name === "PUBLIC"
                ? `${up} --replace '**-public'`
                : `${psqlCommand} -c 'REVOKE EXECUTE ON FUNCTION ${authFunction}(text) FROM "${name}"'`,
    };
}

type Remedies = ReturnType<typeof remedies>;

/** Whether nobody but its owner and the lookup role may execute the function, and a superuser's own call finds nothing. */
export function judgeGrants({ owner, body, executors }: LookupFacts, answersSuperuser: boolean, authUser: string, mend: Remedies): Outcome {
    const others = executors.filter((one) => ![owner, authUser].includes(one));
    if (answersSuperuser) return failed("it shows verifiers to a session that is not the pooler's", mend.body(body));
    if (others.length > 0) return failed(`${others.join(", ")} may execute it`, mend.executor(others[0]!));
    if (!executors.includes(authUser)) return failed(`${authUser} may not execute it`, mend.role);
    return ok(`only ${executors.join(" and ")} may execute it; a superuser's own call gives NULL`);
}

/** The lookup's answers within a transaction that is rolled back. */
interface Answers {
    /** Whether the answer was the right one. */
    [question: string]: boolean;
}

export function judgeExpiry({ unexpired, expired }: Answers, remedy: string): Outcome {
    if (!unexpired) return failed("it does not find a role whose password is valid", remedy);
    if (!expired) return failed("it shows the verifier of an expired password", remedy);
    return ok("a role's verifier is found until VALID UNTIL has passed, then NULL");
}

export function judgePath({ trapWorks, live, expired, unknown }: Answers, remedy: string): Outcome {
    if (!trapWorks) return skipped("the traps do not catch an unqualified query here, so nothing would be proved");
    const caught = Object.entries({ "a live": live, "an expired": expired, "an unknown": unknown }).filter(([, right]) => !right);
    if (caught.length === 0) return ok("with traps first in search_path the answers for a live, an expired and an unknown role are right");
    return failed(`a search_path with traps changes its answer for ${caught.map(([name]) => name).join(" and ")} role`, remedy);
}

/** A verifier as PostgreSQL makes them, of a password that nobody knows. */
function madeUpVerifier(): string {
    const [salt, storedKey, serverKey] = [16, 32, 32].map((length) => randomBytes(length).toString("base64"));
    return `SCRAM-SHA-256$4096:${salt}$${storedKey}:${serverKey}`;
}

/** Asks the lookup as the lookup role within a transaction that makes what it needs and is rolled back; prints `QUESTION|t` or `|f`. */
async function ask(target: Target, statements: (name: string, verifier: string) => string[]): Promise<Answers> {
    const { superuser, roleExists, owner } = await lookupFacts(target);
    if (!superuser) throw new Unmet(`${target.login.user} is no superuser, so it can't ask as ${target.deployed.authUser}`);
    if (!roleExists) throw new Unmet(`role ${target.deployed.authUser} is gone (see lookup-login)`);
    if (owner === null) throw new Unmet(`function ${target.deployed.authFunction} is gone (see lookup-grants)`);
    const name = `sidecar_verify_${randomBytes(6).toString("hex")}`;
    const printed = await query(target, "direct", target.deployed.databases[0]!, "BEGIN", ...statements(name, madeUpVerifier()), "ROLLBACK");
    return Object.fromEntries(printed.split("\n").map((line) => [line.split("|")[0], line.endsWith("|t")])) as Answers;
}

/** A statement that prints whether `truth` holds; only names of pg_catalog may stand in it. */
const tell = (question: string, truth: string) => `SELECT '${question}', coalesce((${truth}), false)`;

const expiry = (target: Target) =>
    ask(target, (name, verifier) => {
        const { authUser, authFunction } = target.deployed;
        return [
            `CREATE ROLE ${name} LOGIN PASSWORD '${verifier}' VALID UNTIL 'tomorrow'`,
            `SET LOCAL SESSION AUTHORIZATION "${authUser}"`,
            tell("unexpired", `SELECT phash = '${verifier}' FROM ${authFunction}('${name}')`),
            "RESET SESSION AUTHORIZATION",
            `ALTER ROLE ${name} VALID UNTIL 'yesterday'`,
            `SET LOCAL SESSION AUTHORIZATION "${authUser}"`,
            tell("expired", `SELECT count(phash) = 0 FROM ${authFunction}('${name}')`),
            "RESET SESSION AUTHORIZATION",
        ];
    });

const path = (target: Target) =>
    ask(target, (name, verifier) => {
        const { authUser, authFunction } = target.deployed;
        const always = (value: string) => `LANGUAGE sql IMMUTABLE AS ${literal(`SELECT ${value}`)}`; // RETURN is new in 14
        const operands = ["text, text", "name, text", "text, name", "name, name"];
        const is = (expression: string) => `${expression} OPERATOR(pg_catalog.=) '${verifier}'::pg_catalog.text`;
        const none = (role: string) =>
            `SELECT pg_catalog.count(phash) OPERATOR(pg_catalog.=) 0::pg_catalog.int8 FROM ${authFunction}('${role}')`;
        return [
            `CREATE ROLE ${name} LOGIN PASSWORD '${verifier}'`,
            `CREATE ROLE ${name}_old LOGIN PASSWORD '${verifier}' VALID UNTIL 'yesterday'`,
            // The traps: everything equals everything, nothing is before anything, now is long ago, and the catalog lies.
            `CREATE SCHEMA ${name}`,
            `GRANT USAGE ON SCHEMA ${name} TO PUBLIC`,
            ...operands.flatMap((pair) => {
                const [left, right] = pair.split(", ");
                return [
                    `CREATE FUNCTION ${name}.equal(${pair}) RETURNS boolean ${always("true")}`,
                    `CREATE OPERATOR ${name}.= (LEFTARG = ${left}, RIGHTARG = ${right}, FUNCTION = ${name}.equal)`,
                ];
            }),
            `CREATE FUNCTION ${name}.before(timestamptz, timestamptz) RETURNS boolean ${always("false")}`,
            `CREATE OPERATOR ${name}.< (LEFTARG = timestamptz, RIGHTARG = timestamptz, FUNCTION = ${name}.before)`,
            `CREATE FUNCTION ${name}.now() RETURNS timestamptz ${always("'-infinity'::timestamptz")}`,
            ...["pg_authid", "pg_shadow"].map(
                (table) =>
                    `CREATE TABLE ${name}.${table} AS SELECT rolname, rolpassword, rolvaliduntil, rolcanlogin, rolname AS usename, ` +
                    `'trap'::text AS passwd, rolvaliduntil AS valuntil FROM pg_catalog.pg_authid WHERE rolname = '${authUser}'`,
            ),
            // The control: the same lookup with nothing qualified.
            `CREATE FUNCTION ${name}.unsafe(in_user text, OUT uname text, OUT phash text) LANGUAGE sql STABLE SECURITY DEFINER
                 AS 'SELECT rolname, CASE WHEN rolvaliduntil < now() THEN NULL ELSE rolpassword END FROM pg_authid WHERE rolname = in_user'`,
            `SET LOCAL search_path = ${name}, pg_catalog`,
            `SET LOCAL SESSION AUTHORIZATION "${authUser}"`,
            tell("trapWorks", `SELECT NOT (${is("phash")}) FROM ${name}.unsafe('${name}')`),
            tell("live", `SELECT ${is("phash")} FROM ${authFunction}('${name}')`),
            tell("expired", none(`${name}_old`)),
            tell("unknown", none(`${name}_nobody`)),
        ];
    });

/** Logs in to the database as the pooler does, with the password in its userlist.txt; it does not leave the container. */
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
    const password = `PGPASSWORD=$(sed -n 's/^"[^"]*" "\\(.*\\)"$/\\1/p' /etc/pgbouncer/userlist.txt)`;
    const ran = await inPooler(target, `${password} && export PGPASSWORD && exec ${psql}`, { PGCONNECT_TIMEOUT: "5" });
    if (ran.code === 0) return ok(`${authUser} logs in to ${databaseHost}:${databasePort} with it`);
    if (!(await lookupFacts(target)).roleExists) return failed(`role ${authUser} is gone`, remedies(target).role);
    if (!/password authentication failed/.test(ran.stderr)) return failed(reason(ran));
    return failed(`the password of role ${authUser} was changed by hand: ${reason(ran)}`, remedies(target).password);
}

export const lookupChecks: Check[] = [
    {
        id: "lookup-grants",
        proves: "the lookup function answers nobody but the pooler",
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
        run: async (target) => judgeExpiry(await expiry(target), remedies(target).body((await lookupFacts(target)).body)),
    },
    {
        id: "lookup-path",
        proves: "no search_path makes the lookup function answer something else",
        run: async (target) => judgePath(await path(target), remedies(target).body((await lookupFacts(target)).body)),
    },
    { id: "lookup-login", proves: "the pooler's password for its lookups is the role's", run: logIn },
];
