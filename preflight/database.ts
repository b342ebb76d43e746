import { Client } from "pg";
import { lookupOwner } from "../components/authentication/lookup";
import { lookupRole, lookupRoles } from "../components/authentication/rotation";
import { overBudget, ServerLimits } from "../components/pgbouncer/budget";
import { Settings } from "../settings";
import { error, Finding, unchecked, warning } from "./finding";
import { Known } from "./state";

/** What the preflight wants to know of the database. */
export interface DatabaseFacts {
    limits: ServerLimits;
    mayReadVerifiers: boolean;
    mayCreateRoles: boolean;
    databases: string[];
    /** Roles that may log in, but whose verifier is md5's. */
    md5Roles: string[];
    /** Whose the lookup roles are, of those that exist; "" where no stack marked it. */
    roleOwners: Record<string, string>;
    /** Whose the lookup function is, where it exists; "" where no stack marked it. */
    functionOwner?: string;
    /** Functions of its name with other arguments, by their signatures. */
    overloads: string[];
}

const connectTimeout = 5_000;

/** Names of this machine itself, where a tunnel begins. */
export const locals = ["127.0.0.1", "localhost"];

/** What stands before a command that goes to the database from here: `npm run tunnel` where that is through the ssh host. */
export function viaTunnel({ docker, databaseServer }: Settings): string {
    return docker.host.startsWith("ssh:") && locals.includes(databaseServer.host) ? "npm run tunnel -- " : "";
}

/** How a person runs `pulumi up` from here on the stack, as the CLI names it. */
export function upCommand(settings: Settings, stack: string): string {
    return `${viaTunnel(settings)}pulumi up --stack ${stack}`;
}

/** pg's TLS options for a libpq sslmode. */
export function tlsOptions(sslmode: string): false | { rejectUnauthorized: boolean } {
    if (sslmode === "disable") return false;
    return { rejectUnauthorized: sslmode === "verify-ca" || sslmode === "verify-full" };
}

/** Connects as the provider does. */
export async function connect(settings: Settings, database: string): Promise<Client> {
    const { host, port, username: user, password, sslmode } = settings.databaseServer;
    const open = async (ssl: ReturnType<typeof tlsOptions>) => {
        const client = new Client({
            host,
            port,
            user,
            password,
            database,
            ssl, // prettier-ignore
            connectionTimeoutMillis: connectTimeout,
            application_name: "pg-sidecar preflight",
        });
        client.on("error", () => undefined); // a connection cut later shows in the query that waits for it
        await client.connect();
        return client;
    };
    try {
        return await open(tlsOptions(sslmode));
    } catch (cause) {
        const refusesTls = (cause as Error).message.includes("does not support SSL");
        if (refusesTls && (sslmode === "prefer" || sslmode === "allow")) return open(false);
        throw cause;
    }
}

async function rows<T>(client: Client, text: string, values: unknown[] = []): Promise<T[]> {
    return (await client.query(text, values)).rows as T[];
}

/** Asks the database, reading only. */
export async function inspectDatabase(settings: Settings): Promise<DatabaseFacts> {
    const server = await connect(settings, settings.databaseServer.database);
    try {
        const [limits] = await rows<{ max: number; superuser: number; reserved: number }>(
            server,
            `SELECT current_setting('max_connections')::int AS max,
                    current_setting('superuser_reserved_connections')::int AS superuser,
                    coalesce(current_setting('reserved_connections', true), '0')::int AS reserved`,
        );
        const [may] = await rows<{ read: boolean; create: boolean }>(
            server,
            `SELECT has_table_privilege('pg_catalog.pg_authid', 'SELECT') AS read, rolsuper OR rolcreaterole AS create
               FROM pg_roles WHERE rolname = current_user`,
        );
        const databases = await rows<{ datname: string }>(server, "SELECT datname FROM pg_database WHERE datallowconn");
        const roles = await rows<{ rolname: string; rolconfig: string[] | null }>(
            server,
            "SELECT rolname, rolconfig FROM pg_roles WHERE rolname = ANY($1)",
            [lookupRoles(settings.authUser)],
        );
        const facts: DatabaseFacts = {
            limits: {
                maxConnections: limits!.max,
                superuserReservedConnections: limits!.superuser,
                reservedConnections: limits!.reserved,
            },
            mayReadVerifiers: may!.read,
            mayCreateRoles: may!.create,
            databases: databases.map(({ datname }) => datname),
            roleOwners: Object.fromEntries(roles.map(({ rolname, rolconfig }) => [rolname, roleOwner(rolconfig ?? [])])),
            overloads: [],
            md5Roles: [],
        };
        if (may!.read) {
            const md5 = await rows<{ rolname: string }>(
                server,
                "SELECT rolname FROM pg_authid WHERE rolcanlogin AND rolpassword LIKE 'md5%' ORDER BY rolname",
            );
            facts.md5Roles = md5.map(({ rolname }) => rolname);
        }
        if (facts.databases.includes(settings.databases[0]!)) {
            const database = await connect(settings, settings.databases[0]!);
            try {
                const [schema, name] = settings.authFunction.split(".");
                const found = await rows<{ signature: string; ours: boolean; prosrc: string }>(
                    database,
                    `SELECT p.oid::regprocedure::text AS signature, coalesce(p.oid = to_regprocedure($1 || '.' || $2 || '(text)'), false) AS ours, prosrc
                       FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname = $1 AND proname = $2`,
                    [schema, name],
                );
                for (const { signature, ours, prosrc } of found) {
                    if (ours) facts.functionOwner = lookupOwner(prosrc) ?? "";
                    else facts.overloads.push(signature);
                }
            } finally {
                await database.end();
            }
        }
        return facts;
    } finally {
        await server.end();
    }
}

/** The stack that marked a role, by the last entry of its search_path; "" where none did. */
export function roleOwner(rolconfig: string[]): string {
    const path = rolconfig.find((setting) => setting.startsWith("search_path="))?.slice("search_path=".length) ?? "";
    return /"?([\w.-]+\/[\w.-]+)"?\s*$/.exec(path)?.[1] ?? "";
}

/** The databases to be served that are not there. */
export function judgeDatabases(
    facts: Pick<DatabaseFacts, "databases">,
    { databaseServer: { host, port }, databases }: Settings,
): Finding[] {
    return databases.flatMap((database, at) =>
        facts.databases.includes(database)
            ? []
            : [
                  error(
                      `databases: there is no database ${database} on ${host}:${port}, only ${facts.databases.join(", ")}. ` +
                          `Mend it: pulumi config set --path 'databases[${at}]' NAME`,
                  ),
              ],
    );
}

/** What speaks against bringing the stack up on this database, beside what its state has. */
export function judgeDatabase(facts: DatabaseFacts, settings: Settings, known: Known): Finding[] {
    const { databaseServer, authFunction, databases } = settings;
    const where = `${databaseServer.host}:${databaseServer.port}`;
    const found: Finding[] = [];

    if (!facts.mayReadVerifiers || !facts.mayCreateRoles) {
        const lacks = facts.mayReadVerifiers ? "create roles" : "read pg_authid, which the lookup function needs";
        found.push(
            error(
                `postgresql:username: ${databaseServer.username} on ${where} may not ${lacks}. ` +
                    `Mend it: pulumi config set postgresql:username postgres   (or another superuser)`,
            ),
        );
    }
    found.push(...judgeDatabases(facts, settings));

    const over = overBudget(
        { databases: databases.length, maxDbConnections: settings.maxDbConnections },
        facts.limits,
        settings.otherConnections,
    );
    if (over) found.push(error(`maxDbConnections: ${over}`));

    const taken = (what: string, key: string, other: string, remove: string, adoptable = true) =>
        other === ""
            ? `${key}: ${what} on ${where} is there already and no stack made it (the runbook's SQL, run by hand?). Mend it: ` +
              (adoptable ? `take it over (${viaTunnel(settings)}npm run adopt -- --stack ${settings.stack}), ` : "") +
              `remove it (${remove}) or take another name: pulumi config set ${key} NAME`
            : `${key}: ${what} on ${where} belongs to stack ${other}. Mend it: pulumi config set ${key} NAME   (each stack on one database needs its own)`;
    const isOwn = (mark: string, has: boolean) => mark === known.owner || (has && ["", ...known.former].includes(mark));
    for (const [role, other] of Object.entries(facts.roleOwners)) {
        if (!isOwn(other, known.roles.includes(role)))
            found.push(
                error(taken(`role ${role}`, "authUser", other, `DROP OWNED BY ${role}; DROP ROLE ${role}`, role === lookupRole(settings))),
            );
    }
    const { functionOwner } = facts;
    if (functionOwner !== undefined && !isOwn(functionOwner, known.lookupFunction)) {
        found.push(error(taken(`function ${authFunction}`, "authFunction", functionOwner, `DROP FUNCTION ${authFunction}(text)`)));
    }
    for (const signature of facts.overloads) {
        found.push(
            error(
                `authFunction: on ${where} there is a function ${signature}, and a grant on ${authFunction} can't tell it from the stack's own. ` +
                    `Mend it: DROP FUNCTION ${signature}, or take another name: pulumi config set authFunction SCHEMA.NAME`,
            ),
        );
    }
    if (facts.md5Roles.length > 0) {
        found.push(
            warning(
                `these roles have md5 verifiers and can't log in through the pooler until their password is set anew ` +
                    `under password_encryption = scram-sha-256: ${facts.md5Roles.join(", ")}`,
            ),
        );
    }
    return found;
}

/** A wrong password or name is an error wherever it is seen; a server out of reach only says that nothing was checked. */
export function whyUnreached(cause: NodeJS.ErrnoException, settings: Settings): Finding {
    const { host, port, username, database } = settings.databaseServer;
    const where = `${host}:${port}`;
    const said = cause.message || cause.code || String(cause);
    const tunnel = viaTunnel(settings) && ` (put ${viaTunnel(settings)}before the command)`;
    switch (cause.code) {
        case "28P01":
        case "28000":
            return error(
                `postgresql:password: the database at ${where} turns ${username} away (${said}). Mend it: pulumi config set --secret postgresql:password …`,
            );
        case "3D000":
            return error(
                `postgresql:database: ${where} says: ${said}. Mend it: pulumi config set postgresql:database postgres   (is ${database} right?)`,
            );
        case "53300":
            return error(`the database at ${where} has no connection left (${said}): close some, or run this as a superuser, then again`);
        default:
            return unchecked(
                `the database at ${where} can't be reached from here (${said}). ` +
                    `Mend it: start it or open the way to it${tunnel}, or: pulumi config set postgresql:host HOST; pulumi config set postgresql:port PORT`,
            );
    }
}
