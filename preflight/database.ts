import { Client } from "pg";
import { lookupOwner } from "../components/authentication/lookup";
import { lookupRoles } from "../components/authentication/rotation";
import { ServerLimits } from "../components/pgbouncer/budget";
import { Settings } from "../settings/settings";
import { connect } from "../host/postgres";
import { lookupSessions, LookupSession } from "./usage";

/** The oldest PostgreSQL that the sidecar is for, as server_version_num counts: 13.0. */
export const leastVersion = 130_000;

/** What the preflight wants to know of the database. */
export interface DatabaseFacts {
    /** As server_version_num counts: 170005 is 17.5. */
    version: number;
    limits: ServerLimits;
    /** Whether a pooler answers in the database's place. */
    pooled: boolean;
    /** Whether it is a standby, which takes no changes, and the primary that it follows, if it says. */
    standby: boolean;
    primary?: string;
    /** Whether our sessions begin read-only. */
    readOnly: boolean;
    mayReadVerifiers: boolean;
    mayCreateRoles: boolean;
    /** Superusers that may log in. */
    superusers: string[];
    databases: Served[];
    /** The roles that are to log in through the pooler: adminUsers and postgresql:username, of those that exist. */
    users: Record<string, UserFacts>;
    /** Other roles that may log in, but whose verifier is md5's. */
    md5Roles: string[];
    /** Whose the lookup roles are, of those that exist; "" if no stack marked it. */
    roleOwners: Record<string, string>;
    /** Whose the lookup function is, if it exists; "" if no stack marked it. */
    functionOwner?: string;
    /** Functions of its name with other arguments, by their signatures. */
    overloads: string[];
    /** Whether the schema that the lookup function is to be in exists. */
    schemaExists: boolean;
    /** Sessions of the lookup roles. */
    sessions: LookupSession[];
}

/** A database of the server. */
export interface Served {
    name: string;
    connectable: boolean;
    template: boolean;
    /** datconnlimit: -1 for none, -2 for one that a cut DROP DATABASE left. */
    connectionLimit: number;
}

export interface UserFacts {
    mayLogIn: boolean;
    /** What its password is kept as; unknown if pg_authid can't be read. */
    verifier: "scram" | "md5" | "none" | "unknown";
    expired: boolean;
}

async function rows<T>(client: Client, text: string, values: unknown[] = []): Promise<T[]> {
    return (await client.query(text, values)).rows as T[];
}

/** Asks the database, reading only. */
export async function inspectDatabase(settings: Settings): Promise<DatabaseFacts> {
    const server = await connect(settings, settings.databaseServer.database);
    try {
        const [found] = await rows<ServerRow>(server, serverQuery);
        const databases = await rows<Served>(
            server,
            `SELECT datname AS name, datallowconn AS connectable, datistemplate AS template, datconnlimit AS "connectionLimit"
               FROM pg_database ORDER BY datname`,
        );
        const roles = await rows<{ rolname: string; rolconfig: string[] | null }>(
            server,
            "SELECT rolname, rolconfig FROM pg_roles WHERE rolname = ANY($1)",
            [lookupRoles(settings.authUser)],
        );
        const served = databases.find(({ name }) => name === settings.databases[0]);
        return {
            version: found!.version,
            limits: {
                maxConnections: found!.max,
                superuserReservedConnections: found!.superuser,
                reservedConnections: found!.reserved,
            },
            // A pooler makes up the process id that it gives its clients.
            pooled: (server as Client & { processID: number }).processID !== found!.pid,
            standby: found!.standby,
            ...(found!.primary ? { primary: found!.primary } : {}),
            readOnly: found!.readonly,
            mayReadVerifiers: found!.read,
            mayCreateRoles: found!.create,
            superusers: found!.superusers,
            databases,
            ...(await inspectUsers(server, settings, found!.read)),
            roleOwners: Object.fromEntries(roles.map(({ rolname, rolconfig }) => [rolname, roleOwner(rolconfig ?? [])])),
            sessions: await lookupSessions(server, settings),
            ...(served?.connectable ? await inspectLookup(settings) : { overloads: [], schemaExists: true }),
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
    pid: number;
    standby: boolean;
    primary: string | null;
    readonly: boolean;
    read: boolean;
    create: boolean;
    superusers: string[];
}

const serverQuery = `
    SELECT current_setting('server_version_num')::int AS version,
           current_setting('max_connections')::int AS max,
           current_setting('superuser_reserved_connections')::int AS superuser,
           coalesce(current_setting('reserved_connections', true), '0')::int AS reserved,
           pg_backend_pid() AS pid,
           pg_is_in_recovery() AS standby,
           (SELECT max(sender_host || ':' || sender_port) FROM pg_stat_wal_receiver) AS primary,
           current_setting('default_transaction_read_only')::bool AS readonly,
           has_table_privilege('pg_catalog.pg_authid', 'SELECT') AS read,
           (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user) AS create,
           ARRAY(SELECT rolname::text FROM pg_roles WHERE rolsuper AND rolcanlogin ORDER BY rolname) AS superusers`;

async function inspectUsers(server: Client, settings: Settings, readable: boolean): Promise<Pick<DatabaseFacts, "users" | "md5Roles">> {
    const wanted = usersOf(settings);
    const found = await rows<UserFacts & { name: string; wanted: boolean }>(
        server,
        `SELECT rolname::text AS name, rolname = ANY($1) AS wanted, rolcanlogin AS "mayLogIn", coalesce(rolvaliduntil < now(), false) AS expired,
                ${readable ? "CASE WHEN rolpassword IS NULL THEN 'none' WHEN rolpassword LIKE 'md5%' THEN 'md5' ELSE 'scram' END" : "'unknown'"} AS verifier
           FROM ${readable ? "pg_authid" : "pg_roles"} ORDER BY rolname`,
        [wanted],
    );
    return {
        users: Object.fromEntries(
            found.filter((one) => one.wanted).map(({ name, mayLogIn, verifier, expired }) => [name, { mayLogIn, verifier, expired }]),
        ),
        md5Roles: found.filter((one) => !one.wanted && one.mayLogIn && one.verifier === "md5").map(({ name }) => name),
    };
}

/** Who has to be able to log in through the pooler. */
export const usersOf = ({ adminUsers, databaseServer }: Settings): string[] => [...new Set([...adminUsers, databaseServer.username])];

async function inspectLookup(settings: Settings): Promise<Pick<DatabaseFacts, "functionOwner" | "overloads" | "schemaExists">> {
    const database = await connect(settings, settings.databases[0]!);
    try {
        const [schema, name] = settings.authFunction.split(".") as [string, string];
        const found = await rows<{ signature: string; ours: boolean; prosrc: string }>(
            database,
            `SELECT p.oid::regprocedure::text AS signature, prosrc,
                    coalesce(p.oid = to_regprocedure(quote_ident($1) || '.' || quote_ident($2) || '(text)'), false) AS ours
               FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname = $1 AND proname = $2`,
            [schema, name],
        );
        const [there] = await rows<{ exists: boolean }>(database, "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)", [schema]);
        const own = found.find(({ ours }) => ours);
        return {
            ...(own ? { functionOwner: lookupOwner(own.prosrc) ?? "" } : {}),
            overloads: found.filter(({ ours }) => !ours).map(({ signature }) => signature),
            schemaExists: there!.exists,
        };
    } finally {
        await database.end();
    }
}

/** The stack that marked a role, by the last entry of its search_path; "" where none did. */
export function roleOwner(rolconfig: string[]): string {
    const path = rolconfig.find((setting) => setting.startsWith("search_path="))?.slice("search_path=".length) ?? "";
    return /"?([\w.-]+\/[\w.-]+)"?\s*$/.exec(path)?.[1] ?? "";
}
