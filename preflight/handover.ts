import { Client } from "pg";
import { UserError } from "../findings/errors";
import { sqlName } from "../findings/quoting";
import { connect } from "../host/postgres";
import { Settings } from "../settings/settings";
import { DatabaseFacts } from "./database";
import { asSuperuser } from "./judgerights";

/** A database in which a role owns something or was granted something. */
export interface Holding {
    database: string;
    owns: boolean;
}

/** SQL for one database. */
export interface Step {
    database: string;
    sql: string;
}

/** For each of the roles, where on the server it has what. What is the server's own counts as the `first` database's. */
export async function holdingsOf(server: Client, roles: string[], first: string): Promise<Record<string, Holding[]>> {
    const { rows } = await server.query<Holding & { role: string }>(
        `SELECT rolname::text AS role, coalesce(datname, $2)::text AS database, bool_or(deptype = 'o') AS owns
           FROM pg_shdepend JOIN pg_roles r ON r.oid = refobjid LEFT JOIN pg_database d ON d.oid = dbid
          WHERE refclassid = 'pg_authid'::regclass AND rolname = ANY($1) GROUP BY 1, 2 ORDER BY 1, 2`,
        [roles, first],
    );
    return Object.fromEntries(
        roles.map((role) => [role, rows.filter((row) => row.role === role).map(({ database, owns }) => ({ database, owns }))]),
    );
}

/** The role that keeps what another one owned. */
export const keeperOf = (role: string) => `${role.slice(0, 56)}_former`;

/**
 * What hands over all that a role owns, to a role that can't log in and has no rights. As an administrator's, a view or a SECURITY
 * DEFINER function that somebody made would run with an administrator's rights. Nothing if it owns nothing.
 */
export function handover(role: string, holdings: Holding[]): Step[] {
    const keeper = sqlName(keeperOf(role));
    const steps = holdings
        .filter(({ owns }) => owns)
        .map(({ database }) => ({ database, sql: `REASSIGN OWNED BY ${sqlName(role)} TO ${keeper}` }));
    const [first, ...others] = steps;
    return first ? [{ ...first, sql: `CREATE ROLE ${keeper} NOLOGIN ROLE CURRENT_USER; ${first.sql}` }, ...others] : [];
}

/** What removes a role, and ends in the `last` database. What it owns stays, as `handover` has it. */
export function removal(role: string, holdings: Holding[], last: string): Step[] {
    const databases = [...holdings.map(({ database }) => database).filter((one) => one !== last), last];
    const handed = handover(role, holdings);
    return [
        ...handed,
        ...databases.map((database) => ({
            database,
            sql: `DROP OWNED BY ${sqlName(role)}${database === last ? `; DROP ROLE ${sqlName(role)}` : ""}`,
        })),
    ];
}

interface Handover {
    role: string;
    steps: Step[];
}

/** Runs the steps. Throws a UserError with those that are left, if this login may not do one of them. */
export async function handOver(
    settings: Settings,
    { superusers }: Pick<DatabaseFacts, "superusers">,
    { role, steps }: Handover,
): Promise<void> {
    for (const [at, { database, sql }] of steps.entries()) {
        const client = await connect(settings, database);
        try {
            // Who made a role is not one of its members, and only those may hand over what it owns.
            if (!settings.databaseServer.superuser) await client.query(`GRANT ${sqlName(role)} TO CURRENT_USER`);
            await client.query(sql);
        } catch (cause) {
            const left = steps.slice(at).map((step) => asSuperuser({ superusers }, settings).psql(step.database, step.sql));
            throw new UserError(
                `what role ${role} has in database ${database} can't be handed over to role ${keeperOf(role)}: ${(cause as Error).message}`,
                `${left.join(" && ")}; then run this up again`,
            );
        } finally {
            await client.end();
        }
    }
}
