import { isIP } from "net";
import { lookupRole } from "../components/authentication/rotation";
import { Kept, openFiles, overBudget, sizesOf } from "../components/pgbouncer/budget";
import { preferTls } from "../components/pgbouncer/refusals";
import { rollKey } from "../components/pgbouncer/roll";
import { configRemove, configSet } from "../findings/commands";
import { error, Finding, warning } from "../findings/finding";
import { shellWord, copied, sqlName, sqlQualified } from "../findings/quoting";
import { ownCommand, psqlCommand, upCommand } from "../host/remedies";
import { Settings } from "../settings/settings";
import { DatabaseFacts, oldestVersion, ReadOnly, takesSessions, usersOf } from "./database";
import { asSuperuser, judgeRights, ownSchema } from "./judgerights";
import { judgePgadminRole } from "./judgerole";
import { removal } from "./handover";
import { describeSessions } from "./sessions";
import { hasLookup, OwnedPooler, OwnedResources } from "./state";

/**
 * What prevents an `up` on this database, beside what the stack's state already has there. `startInterval` is whether the engine knows
 * one, if it was asked.
 */
export function judgeDatabase(facts: DatabaseFacts, settings: Settings, owned: OwnedResources, startInterval?: boolean): Finding[] {
    return [
        ...judgeServer(facts, settings, owned),
        ...judgeDatabases(facts, settings),
        ...judgeBudget(facts, settings, owned, startInterval),
        ...judgeUsers(facts, settings),
        ...judgePgadminRole(facts, settings),
        ...judgeLookup(facts, settings),
        ...judgeOwners(facts, settings, owned),
    ];
}

const at = ({ databaseServer: { host, port } }: Settings) => `${host}:${port}`;

/** Whether the server has the connections that the sidecar may hold. */
function judgeBudget({ limits }: DatabaseFacts, settings: Settings, owned: OwnedResources, startInterval?: boolean): Finding[] {
    const { otherConnections } = settings;
    const rolls = owned.pooler !== undefined && willRoll(owned.pooler, settings, owned.owner, startInterval);
    const found = overBudget({
        args: sizesOf(settings),
        limits,
        otherConnections,
        rolls,
        keeps: kept(settings, owned),
        stack: settings,
        up: upCommand(settings),
    });
    return found ? [found] : [];
}

/** What the serving pooler keeps until it is gone, if it can't take the settings: `accept` and `run` leave them to the next one. */
function kept(settings: Settings, { pooler, before }: OwnedResources): Kept | undefined {
    if (!pooler || !before) return undefined;
    const sizes = sizesOf({ ...settings, ...before });
    const shrinks = pooler.key !== "" && openFiles(settings) <= pooler.openFiles;
    if (shrinks && sizes.processes === settings.processes) return undefined;
    return { ...sizes, shrinks };
}

/** Whether a run replaces the pooler's container. `startInterval` and the database's network are unknown without the engine. */
function willRoll(pooler: OwnedPooler, settings: Settings, owner: string, startInterval?: boolean): boolean {
    return (
        pooler.key !== rollKey(settings) ||
        (settings.databaseNetwork !== "" && !pooler.networks.includes(settings.databaseNetwork)) ||
        pooler.owner !== owner || // the stack was renamed
        pooler.startInterval !== (startInterval ?? pooler.startInterval) // the engine was upgraded
    );
}

/** A server that this login can't change, or that is not the database. */
function judgeServer(facts: DatabaseFacts, settings: Settings, owned: OwnedResources): Finding[] {
    const { username } = settings.databaseServer;
    const setServer = (host = "HOST", port = "PORT") =>
        `${configSet(settings, "postgresql:host", host)}; ${configSet(settings, "postgresql:port", port)}`;
    if (facts.version < oldestVersion) {
        const shown = (version: number) => Math.floor(version / 10_000);
        return [
            error(
                `the database at ${at(settings)} is PostgreSQL ${shown(facts.version)}; the sidecar needs ${shown(oldestVersion)} or newer`,
                `upgrade it (pg_upgrade), or dump and restore it into a newer one`,
            ),
        ];
    }
    const found: Finding[] = judgeRights(facts, settings, owned);
    if (facts.standby) {
        const primary = primaryOf(facts.primary);
        found.push(
            error(
                `postgresql:host: the database at ${at(settings)} is a standby, which takes no changes`,
                primary
                    ? `${setServer(primary.host, primary.port)}   (the primary, as the standby knows it)`
                    : `${setServer()}   (of its primary), or make it one: ${psqlCommand(settings, settings.databaseServer.database, ["SELECT pg_promote()"])}`,
            ),
        );
    } else if (facts.readOnly.length > 0) {
        const where = [...new Set(facts.readOnly.map(({ database }) => database))].join(", ");
        found.push(
            error(
                `postgresql:username: sessions of ${username} on ${at(settings)} start read-only in ${where} (default_transaction_read_only)`,
                psqlCommand(settings, settings.databaseServer.database, [
                    "SET default_transaction_read_only = off",
                    ...new Set(facts.readOnly.map((one) => writable(username, one))),
                ]),
            ),
        );
    }
    const { serverTlsSslmode, serverTlsCa } = settings;
    if (!facts.tls && !["disable", "prefer"].includes(serverTlsSslmode)) {
        const what = `serverTlsSslmode: is ${serverTlsSslmode}, and the database at ${at(settings)} takes no TLS connections (ssl = off)`;
        const fix = `${preferTls(settings, serverTlsCa !== "")}   (or give the database a certificate, and turn ssl on)`;
        found.push(error(what, fix));
    }
    return found;
}

/** How the settings name the primary, as words of a shell; undefined if the standby knows it by a socket on its own machine. */
function primaryOf(sender = ""): { host: string; port: string } | undefined {
    const [, host = "", port = ""] = /^([^/].*):(\d+)$/.exec(sender) ?? [];
    return host === "" ? undefined : { host: copied(isIP(host) === 6 ? `[${host}]` : host, "HOST"), port };
}

/** What lets a role write where its sessions start read-only. A role's own value overrides all but the one that it has in a database. */
function writable(role: string, { database, source }: ReadOnly): string {
    const within = source === "database user" ? ` IN DATABASE ${sqlName(database)}` : "";
    return `ALTER ROLE ${sqlName(role)}${within} SET default_transaction_read_only = off`;
}

/** The databases to be served that don't exist or can't be connected to. */
export function judgeDatabases(facts: Pick<DatabaseFacts, "databases">, settings: Settings): Finding[] {
    const alter = (name: string, change: string) =>
        psqlCommand(settings, settings.databaseServer.database, [`ALTER DATABASE ${sqlName(name)} ${change}`]);
    return settings.databases.flatMap((database, position) => {
        const key = `--path 'databases[${position}]'`;
        const served = facts.databases.find(({ name }) => name === database);
        if (!served) {
            const existing = facts.databases.filter((one) => takesSessions(one) && !one.template).map(({ name }) => name);
            const meant = existing.find((name) => name.toLowerCase() === database.toLowerCase());
            return [
                error(
                    `databases: there is no database ${database} on ${at(settings)}, only ${existing.join(", ")}`,
                    configSet(settings, key, meant === undefined ? "NAME" : shellWord(meant)),
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
        if (user.privileged && !settings.poolSuperusers) return [privilegedUser(`${what} is a superuser or a replication role`, settings)];
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

/** An admin who could not log in through the pool, to which the admin console belongs. */
function privilegedUser(what: string, settings: Settings): Finding {
    const ways = [
        settings.adminUi === "none" // pgadminRole has no effect then
            ? `${configSet(settings, "--path 'adminUsers[0]'", "ROLE")}   (a role that may log in, and is neither a superuser nor a replication role)`
            : settings.pgadminRole !== ""
              ? `${configRemove(settings, "adminUsers")}   (then nobody uses the console but the commands, on its socket)`
              : `${configSet(settings, "pgadminRole", "people")}   (a role for those at pgAdmin; without adminUsers, nobody else needs the console)`,
        configSet(settings, "poolSuperusers", "true"),
    ];
    return error(`${what}, and with poolSuperusers false none of them can log in through the pooler`, ways.join(", or "));
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

/** The setting that names one of the stack's roles. */
function settingOf(role: string, { pgadminRole, metrics, metricsRole }: Settings): "pgadminRole" | "metricsRole" | "authUser" {
    if (role === pgadminRole) return "pgadminRole";
    return metrics && role === metricsRole ? "metricsRole" : "authUser";
}

/** Roles and a function that are not this stack's, by their marks and by the state. */
function judgeOwners(facts: DatabaseFacts, settings: Settings, owned: OwnedResources): Finding[] {
    const { authFunction, databases } = settings;
    // Another's role is not our login's to drop, unless it is a superuser.
    const psql = facts.rights.superuser
        ? (statement: string, database = databases[0]!) => psqlCommand(settings, database, [statement])
        : (statement: string, database = databases[0]!) => asSuperuser(facts, settings).psql(database, statement);
    const roles = Object.entries(facts.roleOwners).map(([role, mark]) => ({
        ...{ what: `role ${role}`, key: settingOf(role, settings), mark, has: owned.roles.includes(role) },
        adoptable: role === lookupRole(settings),
        remove: removal(facts.holdings[role]!, databases[0]!)
            .map(({ database, sql }) => psql(sql, database))
            .join(" && "),
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
        // A state that lists a role of this name has that of another server.
        if (facts.supabase && one.key === "authUser" && one.mark === "") {
            found.push(supabasesRole(one.what, settings));
            continue;
        }
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

/** Adoption would give Supabase's own pooler another password than it has, and a destroy would drop what the role owns. */
export function supabasesRole(what: string, settings: Settings): Finding {
    return error(
        `authUser: ${what} on ${at(settings)} is Supabase's own, for the pooler that comes with it: it must be neither taken over nor removed`,
        configSet(settings, "authUser", `${ownSchema}_lookup`),
    );
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
    const adopt = adoptable ? [`take it over: ${ownCommand(settings, "adopt")}`] : [];
    const rename = configSet(settings, key, key === "authFunction" ? "SCHEMA.NAME" : "NAME");
    if (mark === "") {
        return error(
            `${key}: ${what} on ${at(settings)} is there already and no stack made it: somebody may have created it by hand`,
            [...adopt, `use another name: ${rename}`, `remove it: ${remove}`].join(", or "),
        );
    }
    const used = sessions.length > 0;
    return error(
        `${key}: ${what} on ${at(settings)} belongs to stack ${mark}${used ? `, which uses it (sessions: ${describeSessions(sessions)})` : ""}`,
        used
            ? `${rename}   (each stack on one database needs its own)`
            : `${rename}   (each stack on one database needs its own), or, if a restored dump brought it and that stack is not on this database: ${[...adopt, `remove it: ${remove}`].join(", or ")}`,
    );
}
