import { sqlLiteral } from "../../findings/quoting";
import { randomBytes } from "crypto";
import { scramVerifier } from "../../components/authentication/verifier";
import { UserError } from "../../findings/errors";
import { query } from "../verify/sessions";
import { Target } from "../verify/target";

/** Name of bench's role, and of the schema that it owns. */
export const benchName = "sidecar_bench";

const mark = "pg-sidecar bench";

const tomorrow = () => new Date(Date.now() + 86_400_000).toISOString();

/** Who bench logs in as, and where. */
export interface Playground {
    database: string;
    user: string;
    password: string;
}

/** Makes the role and its schema in the first database. Removes what an interrupted run left there; refuses a role that is not bench's. */
export async function makePlayground(target: Target): Promise<Playground> {
    const database = target.deployed.databases[0]!;
    const found = await query(
        target,
        "direct",
        database,
        `SELECT 'role', shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = ${sqlLiteral(benchName)}`,
        `SELECT 'schema', obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = ${sqlLiteral(benchName)}`,
    );
    for (const line of found.split("\n").filter(Boolean)) {
        const [kind, comment] = line.split("|") as ["role" | "schema", string];
        if (comment === mark) continue;
        throw new UserError(
            `the database ${database} has a ${kind} ${benchName} that bench did not make, and bench makes and drops one of that name.`,
            `rename it: ${target.psqlCommand(database, `ALTER ${kind.toUpperCase()} ${benchName} RENAME TO ${benchName}_of_mine`)}`,
        );
    }
    if (found !== "") await removePlayground(target);
    const password = randomBytes(18).toString("hex");
    await query(
        target,
        "direct",
        database,
        "BEGIN",
        // A verifier, since arguments show in process lists. If bench is killed, its role ends by itself.
        `CREATE ROLE ${benchName} LOGIN PASSWORD ${sqlLiteral(scramVerifier(password))} VALID UNTIL ${sqlLiteral(tomorrow())}`,
        `COMMENT ON ROLE ${benchName} IS ${sqlLiteral(mark)}`,
        `GRANT ${benchName} TO CURRENT_USER`,
        `CREATE SCHEMA ${benchName} AUTHORIZATION ${benchName}`,
        `COMMENT ON SCHEMA ${benchName} IS ${sqlLiteral(mark)}`,
        // Not by PGOPTIONS, which the pooler refuses.
        `ALTER ROLE ${benchName} SET search_path = ${benchName}`,
        "COMMIT",
    );
    return { database, user: benchName, password };
}

/** Drops both. */
export async function removePlayground(target: Target): Promise<void> {
    const database = target.deployed.databases[0]!;
    await query(
        target,
        "direct",
        database,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ${sqlLiteral(benchName)}`,
        `DROP SCHEMA IF EXISTS ${benchName} CASCADE`,
        `DROP ROLE IF EXISTS ${benchName}`,
    );
}
