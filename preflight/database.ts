import { Client } from "pg";
import { lookupOwner } from "../components/authentication/lookup";
import { ServerLimits } from "../components/pgbouncer/budget";
import { connect } from "../host/postgres";
import { Settings } from "../settings/settings";
import { Holdings, holdingsOf } from "./handover";
import { allInFirst, inspectRights, inspectRightsInFirst, inspectRoleSchemas, LoginRights, RightsInFirst, RoleSchema } from "./rights";
import { LookupSession, lookupSessions, rolesOf } from "./sessions";

/** The oldest PostgreSQL that the sidecar supports, as server_version_num counts: 13.0. */
export const oldestVersion = 130_000;

/** What the preflight wants to know of the database. */
export interface DatabaseFacts {
    /** As server_version_num counts: 170005 is 17.5. */
    version: number;
    limits: ServerLimits;
    /** Whether it is a standby, which accepts no changes, and the primary that it follows, if it knows. */
    standby: boolean;
    primary?: string;
    /** The databases in which our sessions begin read-only, among the provider's and the first of `databases`. */
    readOnly: ReadOnly[];
    /** Whether it takes TLS connections. */
    tls: boolean;
    /** What our login may do. */
    rights: LoginRights;
    /** Superusers that may log in. */
    superusers: string[];
    /**
     * Roles that pgadminRole is to be a member of, as far as they exist. For each, the superusers and the powerful predefined roles that
     * it is, or is a member of.
     */
    memberOf: Record<string, string[]>;
    /** The schemas for pgadminRole, in databases that are there. */
    roleSchemas: RoleSchema[];
    /** Whether this is Supabase's PostgreSQL, whose own pooler has the role `pgbouncer`. */
    supabase: boolean;
    databases: Served[];
    /** The roles that must log in through the pooler (adminUsers and postgresql:username), as far as they exist. */
    users: Record<string, UserFacts>;
    /** Other roles that may log in, but have an md5 verifier. */
    md5Roles: string[];
    /** The stack in each lookup role's mark, as far as the roles exist; "" for a role without a mark. */
    roleOwners: Record<string, string>;
    /** What each of those roles has on the server. */
    holdings: Record<string, Holdings>;
    /** The stack in the lookup function's mark, if it exists; "" without a mark. */
    functionOwner?: string;
    /** Signatures of functions that have its name and other arguments. */
    overloads: string[];
    /** Whether the lookup function's schema exists. */
    schemaExists: boolean;
    /** Sessions of the lookup roles. */
    sessions: LookupSession[];
}

/** Where default_transaction_read_only is on. */
export interface ReadOnly {
    database: string;
    /** As pg_settings says it: `user`, `database`, `database user`, `global`, `configuration file` … */
    source: string;
}

/** A database of the server. */
export interface Served {
    name: string;
    connectable: boolean;
    template: boolean;
    /** datconnlimit: -1 for no limit, -2 for a database that an interrupted DROP DATABASE left. */
    connectionLimit: number;
}

/** Whether the server lets sessions into a database. It lets nobody into one that an interrupted DROP DATABASE left. */
export const takesSessions = ({ connectable, connectionLimit }: Served): boolean => connectable && connectionLimit !== -2;

export interface UserFacts {
    mayLogIn: boolean;
    /** Whether it is a superuser or a replication role. */
    privileged: boolean;
    /** How its password is stored; unknown if pg_authid can't be read. */
    verifier: "scram" | "md5" | "none" | "unknown";
    expired: boolean;
}

async function rows<T>(client: Client, text: string, values: unknown[] = []): Promise<T[]> {
    return (await client.query(text, values)).rows as T[];
}

/** Everything that the preflight wants to know of the database. Reads only. */
export async function inspectDatabase(settings: Settings): Promise<DatabaseFacts> {
    const server = await connect(settings, settings.databaseServer.database);
    try {
        const [row] = await rows<ServerRow>(server, serverQuery);
        const databases = await rows<Served>(
            server,
            `SELECT datname AS name, datallowconn AS connectable, datistemplate AS template, datconnlimit AS "connectionLimit"
               FROM pg_database ORDER BY datname`,
        );
        const roles = await rows<{ rolname: string; rolconfig: string[] | null }>(
            server,
            "SELECT rolname, rolconfig FROM pg_roles WHERE rolname = ANY($1)",
            [rolesOf(settings)],
        );
        const memberOf = await rows<{ name: string; reaches: string[] }>(server, memberOfQuery, [
            settings.pgadminRoleMemberOf,
            [...escapes, readsAll],
        ]);
        const open = databases.filter(takesSessions).map(({ name }) => name);
        const inFirst = open.includes(settings.databases[0]!)
            ? await inspectFirst(settings, row!.version)
            : { ...nothingInFirst, users: await inspectUsers(server, settings, false) };
        return {
            version: row!.version,
            limits: {
                maxConnections: row!.max,
                superuserReservedConnections: row!.superuser,
                reservedConnections: row!.reserved,
            },
            standby: row!.standby,
            ...(row!.primary ? { primary: row!.primary } : {}),
            readOnly: [...(await readOnlyIn(server, settings.databaseServer.database)), ...inFirst.readOnly],
            tls: row!.tls,
            rights: { ...(await inspectRights(server, settings, row!.version)), ...inFirst.rights },
            superusers: row!.superusers,
            memberOf: Object.fromEntries(memberOf.map(({ name, reaches }) => [name, reaches])),
            roleSchemas: await inspectRoleSchemas(settings, open, row!.version),
            supabase: inFirst.supabase,
            databases,
            ...inFirst.users,
            roleOwners: Object.fromEntries(roles.map(({ rolname, rolconfig }) => [rolname, roleOwner(rolconfig ?? [])])),
            holdings: await holdingsOf(server, rolesOf(settings), settings.databases[0]!),
            sessions: await lookupSessions(server, settings),
            ...inFirst.lookup,
        };
    } finally {
        await server.end();
    }
}

interface ServerRow {
    version: number;
    max: number;
    superuser: number;
    reserved: number;
    standby: boolean;
    primary: string | null;
    tls: boolean;
    superusers: string[];
}

const serverQuery = `
    SELECT current_setting('server_version_num')::int AS version,
           current_setting('max_connections')::int AS max,
           current_setting('superuser_reserved_connections')::int AS superuser,
           coalesce(current_setting('reserved_connections', true), '0')::int AS reserved,
           pg_is_in_recovery() AS standby,
           (SELECT max(sender_host || ':' || sender_port) FROM pg_stat_wal_receiver) AS primary,
           current_setting('ssl')::bool AS tls,
           ARRAY(SELECT rolname::text FROM pg_roles WHERE rolsuper AND rolcanlogin ORDER BY rolname) AS superusers`;

const readOnlyIn = async (client: Client, database: string): Promise<ReadOnly[]> =>
    (await rows<{ source: string }>(client, readOnlyQuery)).map(({ source }) => ({ database, source }));

const readOnlyQuery = "SELECT source FROM pg_settings WHERE name = 'default_transaction_read_only' AND setting = 'on'";

/** Predefined roles by which a session leaves the database: with them, it is as good as a superuser's. */
export const escapes = ["pg_execute_server_program", "pg_read_server_files", "pg_write_server_files"];

/** The predefined role that reads all tables, those of the server too. */
export const readsAll = "pg_read_all_data";

// Before PostgreSQL 16, CREATEROLE makes itself a member of any role but a superuser. SET ROLE reaches what a role inherits nothing of, so each membership counts.
const memberOfQuery = `
    WITH RECURSIVE reached AS (
        SELECT rolname::text AS name, oid FROM pg_roles WHERE rolname = ANY($1)
         UNION
        SELECT name, roleid FROM reached JOIN pg_auth_members ON member = reached.oid)
    SELECT name, coalesce(array_agg(rolname::text ORDER BY rolname) FILTER (
               WHERE rolsuper OR rolname = ANY($2) OR rolcreaterole AND current_setting('server_version_num')::int < 160000), '{}') AS reaches
      FROM reached JOIN pg_roles r ON r.oid = reached.oid GROUP BY name`;

async function inspectUsers(server: Client, settings: Settings, readable: boolean): Promise<Pick<DatabaseFacts, "users" | "md5Roles">> {
    const wanted = usersOf(settings);
    const found = await rows<UserFacts & { name: string; wanted: boolean }>(
        server,
        `SELECT rolname::text AS name, rolname = ANY($1) AS wanted, rolcanlogin AS "mayLogIn",
                rolsuper OR rolreplication AS privileged, coalesce(rolvaliduntil < now(), false) AS expired,
                ${readable ? "CASE WHEN rolpassword IS NULL THEN 'none' WHEN rolpassword LIKE 'md5%' THEN 'md5' ELSE 'scram' END" : "'unknown'"} AS verifier
           FROM ${readable ? "pg_authid" : "pg_roles"} ORDER BY rolname`,
        [wanted],
    );
    return {
        users: Object.fromEntries(
            found
                .filter((one) => one.wanted)
                .map(({ name, mayLogIn, privileged, verifier, expired }) => [name, { mayLogIn, privileged, verifier, expired }]),
        ),
        md5Roles: found.filter((one) => !one.wanted && one.mayLogIn && one.verifier === "md5").map(({ name }) => name),
    };
}

/**
 * The roles that must be able to log in through the pooler, but for the one that the stack makes itself. Without poolSuperusers,
 * the provider's login need not be one of them.
 */
export const usersOf = ({ adminUsers, databaseServer, poolSuperusers, pgadminRole }: Settings): string[] =>
    [...new Set([...adminUsers, ...(poolSuperusers ? [databaseServer.username] : [])])].filter((name) => name !== pgadminRole);

/** What only a session in the first of the databases can say. */
interface InFirst {
    rights: RightsInFirst;
    users: Pick<DatabaseFacts, "users" | "md5Roles">;
    lookup: Pick<DatabaseFacts, "functionOwner" | "overloads" | "schemaExists">;
    supabase: boolean;
    readOnly: ReadOnly[];
}

/** Of a database that is not there, or takes no sessions: another finding says so. */
const nothingInFirst: Omit<InFirst, "users"> = {
    rights: allInFirst,
    lookup: { overloads: [], schemaExists: true },
    supabase: false,
    readOnly: [],
};

async function inspectFirst(settings: Settings, version: number): Promise<InFirst> {
    const database = await connect(settings, settings.databases[0]!);
    try {
        const [supabase] = await rows<{ is: boolean }>(
            database,
            // Not to_regprocedure: it fails for a login that may not use the schema.
            `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = 'supabase_admin')
                AND EXISTS (SELECT FROM pg_proc WHERE proname = 'get_auth' AND pronamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'pgbouncer')) AS is`,
        );
        const rights = await inspectRightsInFirst(database, settings, version);
        return {
            rights,
            users: await inspectUsers(database, settings, rights.readVerifiers),
            lookup: await inspectLookup(database, settings),
            supabase: supabase!.is,
            readOnly: await readOnlyIn(database, settings.databases[0]!),
        };
    } finally {
        await database.end();
    }
}

async function inspectLookup(database: Client, settings: Settings): Promise<InFirst["lookup"]> {
    const [schema, name] = settings.authFunction.split(".") as [string, string];
    const found = await rows<{ signature: string; ours: boolean; prosrc: string }>(
        database,
        `SELECT p.oid::regprocedure::text AS signature, prosrc,
                    pronargs = 1 AND proargtypes[0] = 'text'::regtype AS ours
               FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname = $1 AND proname = $2`,
        [schema, name],
    );
    const [namespace] = await rows<{ exists: boolean }>(database, "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)", [schema]);
    const own = found.find(({ ours }) => ours);
    return {
        ...(own ? { functionOwner: lookupOwner(own.prosrc) ?? "" } : {}),
        overloads: found.filter(({ ours }) => !ours).map(({ signature }) => signature),
        schemaExists: namespace!.exists,
    };
}

/** The stack in a role's mark, which is the last entry of its search_path; "" without a mark. */
export function roleOwner(rolconfig: string[]): string {
    const path = rolconfig.find((setting) => setting.startsWith("search_path="))?.slice("search_path=".length) ?? "";
    return /"?([\w.-]+\/[\w.-]+)"?\s*$/.exec(path)?.[1] ?? "";
}
