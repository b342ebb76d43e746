import { Client } from "pg";
import { lookupRoles } from "../components/authentication/rotation";
import { metricsMemberOf } from "../components/metrics/role";
import { connect } from "../host/postgres";
import { schemasOf } from "../settings/roleschemas";
import { Settings } from "../settings/settings";

/** PostgreSQL 16: who creates a role administers that one only. Before, CREATEROLE administers every role but superusers. */
const ownRolesOnly = 160_000;

/** What a session in the first of the databases says of our login's rights. */
export interface RightsInFirst {
    /** Whether it may read pg_authid there; the rights on a table of the whole server are each database's own. */
    readVerifiers: boolean;
    /** Whether it may create the lookup function in its schema. */
    createFunction: boolean;
    /** Whether it may let the lookup role use the schema. */
    grantUsage: boolean;
    /** Owners of the schema and of tables in it that it can't become a member of. Before a grant in a schema, the provider does that. */
    strangers: string[];
    /** Whose the lookup function is, if it is there and not ours to replace. */
    functionOf: string;
}

/** What our login may do in the database. A superuser may do all of it. */
export interface LoginRights extends RightsInFirst {
    superuser: boolean;
    createRoles: boolean;
    /** Whether it sees from where other roles' sessions come. */
    readStatistics: boolean;
    /** Databases on which it can't grant CONNECT. */
    ungrantable: string[];
    /** Roles that it can't change, or let others be members of. */
    unadministered: string[];
}

export const allInFirst: RightsInFirst = { readVerifiers: true, createFunction: true, grantUsage: true, strangers: [], functionOf: "" };

/** The rights that are the server's, whatever database asks. Reads only. */
export async function inspectRights(client: Client, settings: Settings, version: number): Promise<Omit<LoginRights, keyof RightsInFirst>> {
    const { databases, pgadminRole, pgadminRoleMemberOf, authUser, metrics, metricsRole } = settings;
    const connectTo = pgadminRole === "" ? [databases[0]!] : databases;
    const roles = [
        ...lookupRoles(authUser),
        ...(pgadminRole === "" ? [] : [pgadminRole, ...pgadminRoleMemberOf]),
        ...(metrics ? [metricsRole, metricsMemberOf] : []),
    ];
    const { rows } = await client.query(
        `SELECT rolsuper AS superuser, rolsuper OR rolcreaterole AS "createRoles",
                pg_has_role('pg_read_all_stats', 'USAGE') AS "readStatistics",
                ARRAY(SELECT datname::text FROM pg_database
                       WHERE datname = ANY($1) AND NOT has_database_privilege(oid, 'CONNECT WITH GRANT OPTION') ORDER BY 1) AS ungrantable,
                ARRAY(SELECT rolname::text FROM pg_roles WHERE rolname = ANY($2) AND NOT ${administers(version, "pg_roles.oid")} ORDER BY 1) AS unadministered
           FROM pg_roles WHERE rolname = current_user`,
        [connectTo, roles],
    );
    return rows[0] as Omit<LoginRights, keyof RightsInFirst>;
}

/** SQL condition: our login may grant the role, and change it. */
function administers(version: number, role: string): string {
    const admin = `pg_has_role(${role}, 'MEMBER WITH ADMIN OPTION')`;
    const createRole = `((SELECT rolcreaterole FROM pg_roles WHERE rolname = current_user) AND NOT (SELECT rolsuper FROM pg_roles one WHERE one.oid = ${role}))`;
    return version >= ownRolesOnly ? admin : `(${admin} OR ${createRole})`;
}

/** SQL condition: our login is a member of the role, as whom it may act. */
const isMember = (version: number, role: string) =>
    `EXISTS (SELECT FROM pg_auth_members WHERE roleid = ${role} AND member = (SELECT oid FROM pg_roles WHERE rolname = current_user)${version >= ownRolesOnly ? " AND set_option" : ""})`;

/** SQL condition: our login is a member of the owner, or the provider can make it one. */
const actsAs = (owner: string, version: number) =>
    `(NOT (SELECT rolsuper FROM pg_roles WHERE oid = ${owner}) AND (${isMember(version, owner)} OR ${administers(version, owner)}))`;

/** The owners of a schema and of its tables. A database's owner is meant by pg_database_owner. */
const ownersOf = (schema: string) => `
    SELECT DISTINCT CASE WHEN pg_get_userbyid(owner) = 'pg_database_owner' THEN (SELECT datdba FROM pg_database WHERE datname = current_database()) ELSE owner END AS owner
      FROM (SELECT nspowner AS owner FROM pg_namespace WHERE nspname = ${schema}
             UNION SELECT relowner FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = ${schema} AND relkind IN ('r', 'p')) AS owners`;

/** Those among them that our login would have to be a member of, and can't become one. */
const strangersOf = (schema: string, version: number) => `
    SELECT rolname::text FROM (${ownersOf(schema)}) AS owners JOIN pg_roles ON pg_roles.oid = owner
     WHERE NOT rolsuper AND rolname <> current_user AND NOT ${isMember(version, "owner")} AND NOT ${administers(version, "owner")}
       AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)`;

/** The rights that depend on the database. Reads only. */
export async function inspectRightsInFirst(client: Client, settings: Settings, version: number): Promise<RightsInFirst> {
    const [schema, name] = settings.authFunction.split(".") as [string, string];
    const { rows } = await client.query(
        `SELECT has_table_privilege('pg_catalog.pg_authid', 'SELECT') AS "readVerifiers",
                coalesce(has_schema_privilege(n.oid, 'CREATE'), true) AS "createFunction",
                coalesce(has_schema_privilege(n.oid, 'USAGE WITH GRANT OPTION') OR ${actsAs("nspowner", version)}, true) AS "grantUsage",
                ARRAY(${strangersOf("$1", version)}) AS strangers,
                coalesce((SELECT pg_get_userbyid(proowner)::text FROM pg_proc
                           WHERE pronamespace = n.oid AND proname = $2 AND pronargs = 1 AND proargtypes[0] = 'text'::regtype
                             AND NOT pg_has_role(proowner, 'USAGE')), '') AS "functionOf"
           FROM (SELECT) AS one LEFT JOIN pg_namespace n ON nspname = $1`,
        [schema, name],
    );
    return rows[0] as RightsInFirst;
}

/** A schema whose tables pgadminRole is to read. */
export interface RoleSchema {
    database: string;
    schema: string;
    exists: boolean;
    /** Whether our login may grant USAGE on the schema, and SELECT on all that is in it. */
    grantable: boolean;
    /** As in RightsInFirst. */
    strangers: string[];
}

/** The schemas that are named for pgadminRole, in those of the databases that are there. Reads only. */
export async function inspectRoleSchemas(settings: Settings, there: string[], version: number): Promise<RoleSchema[]> {
    const wanted = schemasOf(settings).filter(({ database }) => there.includes(database));
    const found: RoleSchema[] = [];
    for (const database of new Set(wanted.map((one) => one.database))) {
        const client = await connect(settings, database);
        try {
            for (const { schema } of wanted.filter((one) => one.database === database)) {
                const { rows } = await client.query(
                    `SELECT n.oid IS NOT NULL AS exists, ARRAY(${strangersOf("$1", version)}) AS strangers,
                            coalesce(has_schema_privilege(n.oid, 'USAGE WITH GRANT OPTION') OR ${actsAs("nspowner", version)}, true)
                            AND NOT EXISTS (SELECT FROM pg_class
                                             WHERE relnamespace = n.oid AND relkind IN ('r', 'p', 'v', 'm', 'f')
                                               AND NOT has_table_privilege(pg_class.oid, 'SELECT WITH GRANT OPTION')
                                               AND NOT ${actsAs("relowner", version)}) AS grantable
                       FROM (SELECT) AS one LEFT JOIN pg_namespace n ON nspname = $1`,
                    [schema],
                );
                found.push({ database, schema, ...(rows[0] as Omit<RoleSchema, "database" | "schema">) });
            }
        } finally {
            await client.end();
        }
    }
    return found;
}
