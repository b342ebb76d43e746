import { lookupRole, lookupRoles } from "../../components/authentication/rotation";
import { configSet } from "../../findings/commands";
import { UserError } from "../../findings/errors";
import { sqlQualified } from "../../findings/quoting";
import { connect } from "../../host/postgres";
import { inspectDatabase } from "../../preflight/database";
import { judgeDatabases, supabasesRole } from "../../preflight/judgedatabase";
import { describeSessions } from "../../preflight/sessions";
import { hasLookup, OwnedResources } from "../../preflight/state";
import { Settings } from "../../settings/settings";

/** A lookup role and function that no state lists, as far as they exist: created by hand, or brought by a restored dump. */
export interface Found {
    role?: FoundRole;
    lookup?: FoundFunction;
    /** The other stack in their marks. */
    markedBy?: string;
}

export interface FoundRole {
    name: string;
    /** Its attributes beyond LOGIN: SUPERUSER, CREATEDB … */
    powers: string[];
    /** Roles that it is a member of. */
    memberOf: string[];
    /** How many objects of this database it owns. */
    owns: number;
}

export interface FoundFunction {
    /** With the types of its arguments. */
    signature: string;
    /** Names and types of its arguments, OUT ones too, as PostgreSQL lists them. */
    args: string;
    language: string;
    /** Who may execute it; `PUBLIC` is everybody. */
    executors: string[];
}

/**
 * Finds what can be adopted. Reads only. Leaves out what is this stack's already, as the preflight judges it. Throws a
 * UserError if another stack uses it, since it may be that stack's own, on the same database.
 */
export async function findByHand(settings: Settings, owned: OwnedResources): Promise<Found> {
    const facts = await inspectDatabase(settings);
    const name = lookupRole(settings);
    const [database] = settings.databases as [string, ...string[]];
    const missing = judgeDatabases(facts, { ...settings, databases: [database] }).find(({ level }) => level === "error");
    if (missing) throw UserError.of(missing);
    const roleMark = facts.roleOwners[name];
    const role = roleMark !== undefined && roleMark !== owned.owner && !owned.roles.includes(name);
    const lookup = facts.functionOwner !== undefined && facts.functionOwner !== owned.owner && !hasLookup(owned, settings);
    if (role && facts.supabase && roleMark === "") throw UserError.of(supabasesRole(`role ${name}`, settings));
    const markedBy = (role && roleMark) || (lookup && facts.functionOwner) || "";
    const inUse = markedBy === "" ? [] : facts.sessions.filter(({ role: of }) => lookupRoles(settings.authUser).includes(of));
    if (inUse.length > 0) {
        throw new UserError(
            `stack ${markedBy} uses the lookup role on ${settings.databaseServer.host}:${settings.databaseServer.port} ` +
                `(sessions: ${describeSessions(inUse)}), so it can't be adopted`,
            `${configSet(settings, "authUser", "NAME")}; ${configSet(settings, "authFunction", "SCHEMA.NAME")}   (each stack on one database needs its own)`,
        );
    }
    const client = await connect(settings, database);
    const first = async <T>(text: string, value: string) => (await client.query(text, [value])).rows[0] as T;
    try {
        return {
            ...(role ? { role: await first<FoundRole>(roleQuery, name) } : {}),
            ...(lookup ? { lookup: await first<FoundFunction>(functionQuery, sqlQualified(settings.authFunction)) } : {}),
            ...(markedBy === "" ? {} : { markedBy }),
        };
    } finally {
        await client.end();
    }
}

const roleQuery = `
    SELECT rolname AS name,
           array_remove(ARRAY[CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN rolcreatedb THEN 'CREATEDB' END,
               CASE WHEN rolcreaterole THEN 'CREATEROLE' END, CASE WHEN rolreplication THEN 'REPLICATION' END,
               CASE WHEN rolbypassrls THEN 'BYPASSRLS' END], NULL) AS powers,
           ARRAY(SELECT pg_get_userbyid(roleid)::text FROM pg_auth_members WHERE member = pg_roles.oid) AS "memberOf",
           (SELECT count(*)::int FROM pg_shdepend
             WHERE refclassid = 'pg_authid'::regclass AND refobjid = pg_roles.oid AND deptype = 'o'
               AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())) AS owns
      FROM pg_roles WHERE rolname = $1`;

const functionQuery = `
    SELECT min(pg_proc.oid::regprocedure::text) AS signature, min(pg_get_function_arguments(pg_proc.oid)) AS args, min(lanname::text) AS language,
           array_agg(DISTINCT CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(grantee)::text END) AS executors
      FROM pg_proc JOIN pg_language ON pg_language.oid = prolang, aclexplode(coalesce(proacl, acldefault('f', proowner)))
     WHERE pg_proc.oid = to_regprocedure($1 || '(text)')`;
