import { lookupRole } from "../components/authentication/rotation";
import { overBudget } from "../components/pgbouncer/budget";
import { rollKey } from "../components/pgbouncer/roll";
import { configRemove, configSet, configSetSecret } from "../findings/commands";
import { error, Finding, warning } from "../findings/finding";
import { sqlName, sqlQualified } from "../findings/quoting";
import { ownCommand, psqlCommand } from "../host/remedies";
import { Settings } from "../settings/settings";
import { DatabaseFacts, oldestVersion, usersOf } from "./database";
import { describeSessions } from "./sessions";
import { hasLookup, OwnedResources } from "./state";

/** What prevents an `up` on this database, beside what the stack's state already has there. */
export function judgeDatabase(facts: DatabaseFacts, settings: Settings, owned: OwnedResources): Finding[] {
    return [
        ...judgeServer(facts, settings),
        ...judgeDatabases(facts, settings),
        ...judgeBudget(facts, settings, owned),
        ...judgeUsers(facts, settings),
        ...judgeLookup(facts, settings),
        ...judgeOwners(facts, settings, owned),
    ];
}

const at = ({ databaseServer: { host, port } }: Settings) => `${host}:${port}`;

/** Whether the server has the connections that the sidecar may hold. */
function judgeBudget({ limits }: DatabaseFacts, settings: Settings, { pooler }: OwnedResources): Finding[] {
    const { otherConnections } = settings;
    const args = { ...settings, databases: settings.databases.length };
    const rolls = pooler !== undefined && pooler !== rollKey(settings);
    const found = overBudget({ args, limits, otherConnections, rolls, stack: settings });
    return found ? [found] : [];
}

/** A server that this login can't change, or that is not the database. */
function judgeServer(facts: DatabaseFacts, settings: Settings): Finding[] {
    const { username } = settings.databaseServer;
    const setServer = (host = "HOST", port = "PORT") =>
        `${configSet(settings, "postgresql:host", host)}; ${configSet(settings, "postgresql:port", port)}`;
    if (facts.pooled) {
        return [
            error(
                `postgresql:host: a pooler answers at ${at(settings)}, not the database: it would be asked to create the roles that it depends on`,
                `${setServer()}   (of the database itself)`,
            ),
        ];
    }
    if (facts.version < oldestVersion) {
        const shown = (version: number) => Math.floor(version / 10_000);
        return [
            error(
                `the database at ${at(settings)} is PostgreSQL ${shown(facts.version)}; the sidecar needs ${shown(oldestVersion)} or newer`,
                `upgrade it (pg_upgrade), or dump and restore it into a newer one`,
            ),
        ];
    }
    const found: Finding[] = [];
    if (facts.standby) {
        const primary = /^(.*):(\d+)$/.exec(facts.primary ?? "");
        found.push(
            error(
                `postgresql:host: the database at ${at(settings)} is a standby, which takes no changes`,
                primary
                    ? `${setServer(primary[1], primary[2])}   (the primary, as the standby knows it)`
                    : `${setServer()}   (of its primary), or make it one: ${psqlCommand(settings, settings.databaseServer.database, ["SELECT pg_promote()"])}`,
            ),
        );
    } else if (facts.readOnly) {
        found.push(
            error(
                `postgresql:username: sessions of ${username} on ${at(settings)} start read-only (default_transaction_read_only)`,
                psqlCommand(settings, settings.databaseServer.database, [
                    "SET default_transaction_read_only = off",
                    `ALTER ROLE ${sqlName(username)} SET default_transaction_read_only = off`,
                ]),
            ),
        );
    }
    if (!facts.mayReadVerifiers || !facts.mayCreateRoles) {
        const lacks = facts.mayReadVerifiers ? "create roles" : "read pg_authid, which the lookup function needs";
        const other = facts.superusers.find((name) => name !== username) ?? "NAME";
        found.push(
            error(
                `postgresql:username: ${username} on ${at(settings)} may not ${lacks}`,
                `${configSet(settings, "postgresql:username", other)}; ${configSetSecret(settings, "postgresql:password")}   (a superuser and its password)`,
            ),
        );
    }
    return found;
}

/** The databases to be served that don't exist or can't be connected to. */
export function judgeDatabases(facts: Pick<DatabaseFacts, "databases">, settings: Settings): Finding[] {
    const alter = (name: string, change: string) =>
        psqlCommand(settings, settings.databaseServer.database, [`ALTER DATABASE ${sqlName(name)} ${change}`]);
    return settings.databases.flatMap((database, position) => {
        const key = `--path 'databases[${position}]'`;
        const served = facts.databases.find(({ name }) => name === database);
        if (!served) {
            const existing = facts.databases.filter(({ connectable, template }) => connectable && !template).map(({ name }) => name);
            const meant = existing.find((name) => name.toLowerCase() === database.toLowerCase());
            return [
                error(
                    `databases: there is no database ${database} on ${at(settings)}, only ${existing.join(", ")}`,
                    configSet(settings, key, meant ?? "NAME"),
                ),
            ];
        }
        if (served.connectionLimit === -2) {
            return [
                error(
                    `databases: ${database} on ${at(settings)} was left invalid by an interrupted DROP DATABASE`,
                    `restore it under its name, or: ${configSet(settings, key, "NAME")}`,
                ),
            ];
        }
        if (!served.connectable) {
            return [error(`databases: ${database} on ${at(settings)} takes no connections`, alter(database, "ALLOW_CONNECTIONS true"))];
        }
        const found: Finding[] = [];
        if (served.template) {
            const what = `databases: ${database} on ${at(settings)} is a template: while the pool has a backend in it, CREATE DATABASE from it fails`;
            found.push(warning(what, alter(database, "IS_TEMPLATE false")));
        }
        if (served.connectionLimit >= 0 && served.connectionLimit < settings.maxDbConnections) {
            const what =
                `databases: ${database} on ${at(settings)} takes ${served.connectionLimit} connections (superusers aside), ` +
                `fewer than maxDbConnections (${settings.maxDbConnections})`;
            found.push(warning(what, alter(database, "CONNECTION LIMIT -1")));
        }
        return found;
    });
}

/** Roles that must log in through the pooler, but can't: the pooler looks verifiers up, and accepts only SCRAM. */
function judgeUsers(facts: DatabaseFacts, settings: Settings): Finding[] {
    const psql = (...statements: string[]) => psqlCommand(settings, settings.databaseServer.database, statements);
    const setPassword = (role: string) => psql('SET password_encryption = "scram-sha-256"', `\\password ${sqlName(role)}`);
    const found: Finding[] = usersOf(settings).flatMap((name) => {
        const key = settings.adminUsers.includes(name) ? "adminUsers" : "postgresql:username";
        const user = facts.users[name];
        const what = `${key}: role ${name} on ${at(settings)}`;
        if (!user) {
            return [
                error(
                    `${what} does not exist`,
                    `${configRemove(settings, "adminUsers")}   (then it is postgresql:username), or: ${psql(`CREATE ROLE ${sqlName(name)} LOGIN`)}; ${setPassword(name)}`,
                ),
            ];
        }
        if (!user.mayLogIn) return [error(`${what} may not log in`, psql(`ALTER ROLE ${sqlName(name)} LOGIN`))];
        if (user.verifier === "md5" || user.verifier === "none") {
            const has = user.verifier === "md5" ? "has an md5 verifier" : "has no password";
            return [error(`${what} ${has}, so it can't log in through the pooler`, `${setPassword(name)}   (it may be the same password)`)];
        }
        if (user.expired) {
            return [
                error(
                    `${what} has a password that has expired, so it can't log in through the pooler`,
                    psql(`ALTER ROLE ${sqlName(name)} VALID UNTIL 'infinity'`),
                ),
            ];
        }
        return [];
    });
    if (facts.md5Roles.length > 0) {
        found.push(
            warning(
                `these roles have md5 verifiers and can't log in through the pooler: ${facts.md5Roles.join(", ")}`,
                `for each that should: ${setPassword(facts.md5Roles[0]!)}`,
            ),
        );
    }
    return found;
}

/** What keeps the lookup function from being created. */
function judgeLookup(facts: DatabaseFacts, settings: Settings): Finding[] {
    const { authFunction, databases } = settings;
    const psql = (statement: string) => psqlCommand(settings, databases[0]!, [statement]);
    const schema = authFunction.split(".")[0]!;
    if (!facts.schemaExists) {
        return [
            error(
                `authFunction: database ${databases[0]} on ${at(settings)} has no schema ${schema}`,
                psql(`CREATE SCHEMA ${sqlName(schema)}`),
            ),
        ];
    }
    return facts.overloads.map((signature) =>
        error(
            `authFunction: on ${at(settings)} there is a function ${signature}, which a grant on ${authFunction} can't distinguish from the stack's own`,
            `${psql(`DROP FUNCTION ${signature}`)}, or use another name: ${configSet(settings, "authFunction", "SCHEMA.NAME")}`,
        ),
    );
}

/** Roles and a function that are not this stack's, by their marks and by the state. */
function judgeOwners(facts: DatabaseFacts, settings: Settings, owned: OwnedResources): Finding[] {
    const { authFunction, databases } = settings;
    const psql = (statement: string) => psqlCommand(settings, databases[0]!, [statement]);
    const roles = Object.entries(facts.roleOwners).map(([role, mark]) => ({
        ...{ what: `role ${role}`, key: "authUser", mark, has: owned.roles.includes(role), adoptable: role === lookupRole(settings) },
        remove: psql(`DROP OWNED BY ${sqlName(role)}; DROP ROLE ${sqlName(role)}`),
        sessions: facts.sessions.filter((one) => one.role === role),
    }));
    const { functionOwner: mark } = facts;
    const lookup = mark === undefined ? [] : [
        {
            ...{ what: `function ${authFunction}`, key: "authFunction", mark, has: hasLookup(owned, settings), adoptable: true },
            remove: psql(`DROP FUNCTION ${sqlQualified(authFunction)}(text)`),
            sessions: [],
        },
    ]; // prettier-ignore
    const restored: string[] = [];
    const found: Finding[] = [];
    for (const one of [...roles, ...lookup]) {
        if (one.mark === owned.owner || (one.has && ["", ...owned.previousNames].includes(one.mark))) continue;
        if (one.has) restored.push(`${one.what} is marked as that of stack ${one.mark}`);
        else found.push(judgeForeign(one, settings));
    }
    if (restored.length > 0) {
        // The provider does not notice by itself that the role has another stack's password.
        found.push(
            warning(
                `${restored.join(", ")} on ${at(settings)}, although it is in this stack's state: a restored dump may have brought it, with that stack's password`,
                `${ownCommand(settings, "rotate")} --refresh`,
            ),
        );
    }
    return found;
}

/** A role or function that exists without being this stack's. */
interface Foreign {
    what: string;
    /** The setting that names it. */
    key: string;
    /** The stack in its mark; "" without one. */
    mark: string;
    /** Whether `adopt` takes it. */
    adoptable: boolean;
    /** The command that removes it. */
    remove: string;
    sessions: DatabaseFacts["sessions"];
}

function judgeForeign({ what, key, mark, adoptable, remove, sessions }: Foreign, settings: Settings): Finding {
    const ways = [...(adoptable ? [`take it over: ${ownCommand(settings, "adopt")}`] : []), `remove it: ${remove}`];
    const rename = configSet(settings, key, key === "authUser" ? "NAME" : "SCHEMA.NAME");
    if (mark === "") {
        return error(
            `${key}: ${what} on ${at(settings)} is there already and no stack made it (the runbook's SQL, run by hand?)`,
            `${ways.join(", or ")}, or use another name: ${rename}`,
        );
    }
    const used = sessions.length > 0;
    return error(
        `${key}: ${what} on ${at(settings)} belongs to stack ${mark}${used ? `, which uses it (sessions: ${describeSessions(sessions)})` : ""}`,
        used
            ? `${rename}   (each stack on one database needs its own)`
            : `${rename}   (each stack on one database needs its own), or, if a restored dump brought it and that stack is not on this database: ${ways.join(", or ")}`,
    );
}
