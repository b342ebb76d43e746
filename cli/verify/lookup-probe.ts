import { sqlLiteral } from "../../findings/quoting";
import { randomBytes } from "crypto";
import { once, Unmet } from "./check";
import { program, statements } from "./programs";
import { remedies } from "./lookup-remedies";
import { query, queryJson } from "./sessions";
import { Target } from "./target";

/** What the database says about the lookup function. */
export interface LookupFacts {
    superuser: boolean;
    /** Whether verify's login is a superuser or a replication role. */
    privileged: boolean;
    roleExists: boolean;
    /** Owner and body; null if there is no such function. */
    owner: string | null;
    body: string | null;
    /** The roles that may execute it; `PUBLIC` is everybody. */
    executors: string[];
}

export const lookupFacts = once((target: Target): Promise<LookupFacts> =>
    queryJson(
        target,
        "direct",
        target.deployed.databases[0]!,
        program("lookup-facts.sql", {
            role: sqlLiteral(target.deployed.authUser),
            function: sqlLiteral(`${target.deployed.authFunction}(text)`),
        }),
    ),
);

/** Throws an Unmet if verify has no login that the pool would let in: it knows the passwords of its own login and of pgadminRole alone. */
export async function needPooledLogin(target: Target): Promise<void> {
    const { deployed, login, pooled } = target;
    if (deployed.poolSuperusers || pooled.user !== login.user || !(await lookupFacts(target)).privileged) return;
    throw new Unmet(
        `poolSuperusers is false, so the pool refuses ${login.user}, and verify has no other password (with a pgadminRole, it has that one's)`,
    );
}

/** What the database says about the lookup role. */
export interface RoleFacts {
    /** Its attributes that differ from LOGIN NOINHERIT: `NOLOGIN`, `INHERIT`, `CREATEDB` … */
    attributes: string[];
    /** -1 for no limit. */
    connectionLimit: number;
    memberOf: string[];
    /** The tables and views of one of the databases that it has a grant on, and those that it can read but for the server's own. */
    readable: Readable[];
}

export interface Readable {
    table: string;
    /** Whether anything on it was granted to the role itself. If not, reading was to PUBLIC, and every role can. */
    own: boolean;
    /** Whether it belongs to an extension. */
    extension: boolean;
}

/** The same for each of the databases; the role is undefined if there is none. */
export async function roleFacts(target: Target): Promise<{ database: string; role?: RoleFacts }[]> {
    const { databases, authUser } = target.deployed;
    const text = program("lookup-role.sql", { role: sqlLiteral(authUser) });
    const found: { database: string; role?: RoleFacts }[] = [];
    for (const database of databases) {
        const printed = await query(target, "direct", database, text);
        found.push({ database, ...(printed === "" ? {} : { role: JSON.parse(printed) as RoleFacts }) });
    }
    return found;
}

/** The lookup's answers within a transaction that is rolled back. */
export interface Answers {
    /** Whether the answer was the right one. */
    [question: string]: boolean;
}

/** A verifier in PostgreSQL's form, of a password that nobody knows. */
function madeUpVerifier(): string {
    const [salt, storedKey, serverKey] = [16, 32, 32].map((length) => randomBytes(length).toString("base64"));
    return `SCRAM-SHA-256$4096:${salt}$${storedKey}:${serverKey}`;
}

/** Runs an SQL program that asks the lookup as the lookup role, in a transaction that is rolled back. The program prints `QUESTION|t` or `QUESTION|f`. */
export async function probe(target: Target, file: string): Promise<Answers> {
    const { superuser, roleExists, owner } = await lookupFacts(target);
    if (!superuser) throw new Unmet(`${target.login.user} is not a superuser, so it can't ask as ${target.deployed.authUser}`);
    if (!roleExists) throw new Unmet(`role ${target.deployed.authUser} is gone`, "lookup-login", remedies(target).role);
    if (owner === null) throw new Unmet(`function ${target.deployed.authFunction} is gone`, "lookup-grants", remedies(target).gone);
    const name = `sidecar_verify_${randomBytes(6).toString("hex")}`;
    const { authUser: role, authFunction, databases } = target.deployed;
    const asked = statements(file, { name, verifier: madeUpVerifier(), role, function: authFunction });
    const printed = await query(target, "direct", databases[0]!, "BEGIN READ WRITE", ...asked, "ROLLBACK");
    return Object.fromEntries(printed.split("\n").map((line) => [line.split("|")[0], line.endsWith("|t")])) as Answers;
}
