import { Client } from "pg";
import { UserError } from "../findings/errors";
import { sqlName } from "../findings/quoting";
import { connect } from "../host/postgres";
import { Settings } from "../settings/settings";
import { DatabaseFacts } from "./database";
import { asSuperuser } from "./judgerights";

/** What a role has on the server. */
export interface Holdings {
    role: string;
    /** The role that is to keep what it owns. No role has this name yet. */
    keeper: string;
    /** The databases in which it owns something or was granted something. */
    places: { database: string; owns: boolean }[];
}

/** SQL for one database. */
export interface Step {
    database: string;
    sql: string;
}

/** What each of the roles has. What is the server's own counts as the `first` database's. */
export async function holdingsOf(server: Client, roles: string[], first: string): Promise<Record<string, Holdings>> {
    const { rows: others } = await server.query<{ name: string }>("SELECT rolname::text AS name FROM pg_roles");
    const { rows } = await server.query<{ role: string; database: string; owns: boolean }>(
        `SELECT rolname::text AS role, coalesce(datname, $2)::text AS database, bool_or(deptype = 'o') AS owns
           FROM pg_shdepend JOIN pg_roles r ON r.oid = refobjid LEFT JOIN pg_database d ON d.oid = dbid
          WHERE refclassid = 'pg_authid'::regclass AND rolname = ANY($1) GROUP BY 1, 2 ORDER BY 1, 2`,
        [roles, first],
    );
    const taken = others.map(({ name }) => name);
    return Object.fromEntries(
        roles.map((role) => {
            const places = rows.filter((row) => row.role === role).map(({ database, owns }) => ({ database, owns }));
            return [role, { role, keeper: freeName(`${role.slice(0, 50)}_former`, taken), places }];
        }),
    );
}

/** The name, or the first of `name_2`, `name_3` … that is not taken. */
export function freeName(name: string, taken: string[]): string {
    if (!taken.includes(name)) return name;
    let at = 2;
    while (taken.includes(`${name}_${at}`)) at++;
    return `${name}_${at}`;
}

/**
 * What hands over all that a role owns, to a role that can't log in and has no rights. As an administrator's, a view or a SECURITY
 * DEFINER function that somebody made would run with an administrator's rights. Nothing if it owns nothing.
 */
export function handover({ role, keeper, places }: Holdings): Step[] {
    const steps = places
        .filter(({ owns }) => owns)
        .map(({ database }) => ({ database, sql: `REASSIGN OWNED BY ${sqlName(role)} TO ${sqlName(keeper)}` }));
    const [first, ...others] = steps;
    return first ? [{ ...first, sql: `CREATE ROLE ${sqlName(keeper)} NOLOGIN ROLE CURRENT_USER; ${first.sql}` }, ...others] : [];
}

/** What removes a role, and ends in the `last` database. What it owns stays, as `handover` has it. */
export function removal(holdings: Holdings, last: string): Step[] {
    const { role, places } = holdings;
    const databases = [...places.map(({ database }) => database).filter((one) => one !== last), last];
    return [
        ...handover(holdings),
        ...databases.map((database) => ({
            database,
            sql: `DROP OWNED BY ${sqlName(role)}${database === last ? `; DROP ROLE ${sqlName(role)}` : ""}`,
        })),
    ];
}

/** Runs the steps. Throws a UserError with those that are left, if this login may not do one of them. */
export async function runHandover(
    settings: Settings,
    { superusers }: Pick<DatabaseFacts, "superusers">,
    { role, keeper }: Holdings,
    steps: Step[],
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
                `what role ${role} has in database ${database} can't be handed over to role ${keeper}: ${(cause as Error).message}`,
                `${left.join(" && ")}; then run this up again`,
            );
        } finally {
            await client.end();
        }
    }
}
