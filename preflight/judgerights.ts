import { configRemove, configSet, configSetSecret } from "../findings/commands";
import { error, Finding, warning } from "../findings/finding";
import { copied, sqlName } from "../findings/quoting";
import { metricsMemberOf } from "../components/metrics/role";
import { psqlCommand } from "../host/remedies";
import { Settings } from "../settings/settings";
import { DatabaseFacts } from "./database";
import { OwnedResources } from "./state";

/** Schema for the lookup function if the login is not a superuser, and has no schema of its own. A name can't begin with pg_. */
export const ownSchema = "sidecar";

/** How a superuser of the server runs SQL on one of its databases. */
export function asSuperuser({ superusers }: Pick<DatabaseFacts, "superusers">, settings: Settings) {
    const names = superusers.filter((name) => name !== settings.databaseServer.username);
    const username = ["postgres", "supabase_admin"].find((name) => names.includes(name)) ?? names[0] ?? "SUPERUSER";
    const server = { ...settings.databaseServer, username };
    delete server.clientCert; // it is our login's own
    return {
        username,
        psql: (database: string, ...statements: string[]) => psqlCommand({ ...settings, databaseServer: server }, database, statements),
    };
}

/**
 * What our login lacks for an `up`, all of it at once. A superuser lacks nothing; any other role needs a few rights, and each finding
 * has the statement by which a superuser grants one. Has to be judged before anything is made: PostgreSQL would refuse the first thing
 * only, and some grants without a right are a mere warning to it.
 */
export function judgeRights(facts: DatabaseFacts, settings: Settings, owned: Pick<OwnedResources, "roles">): Finding[] {
    const { rights } = facts;
    const { username, host, port, superuser } = settings.databaseServer;
    const who = `${username} on ${host}:${port}`;
    if (rights.superuser) {
        if (superuser) return [];
        return [
            warning(
                `postgresql:superuser: ${who} is a superuser, but postgresql:superuser is false: the provider does not see a password that was changed by hand`,
                configRemove(settings, "postgresql:superuser"),
            ),
        ];
    }
    return [
        ...(superuser
            ? [
                  error(
                      `postgresql:superuser: ${who} is not a superuser, and the provider would take it for one: it would fail when it reads a password`,
                      configSet(settings, "postgresql:superuser", "false"),
                  ),
              ]
            : []),
        ...missingRights(facts, settings, owned).map(({ what, fix, level = error }) =>
            level(`postgresql:username: ${who} is not a superuser, and ${what}`, `${fix}, or ${logInAs(facts, settings)}`),
        ),
        ...madeByAnother(facts, settings, owned, who),
        ...(rights.readStatistics ? [] : [unseenSessions(facts, settings, who)]),
    ];
}

/**
 * A stack that another login has made. Some statements could hand over the role and the function, but not their grants: those keep the
 * login that made them, and PostgreSQL would not drop the role, at the next rotation or at the end.
 */
function madeByAnother(facts: DatabaseFacts, settings: Settings, owned: Pick<OwnedResources, "roles">, who: string): Finding[] {
    const { rights, functionOwner = "" } = facts;
    const made = [
        ...rights.unadministered.filter((role) => owned.roles.includes(role)).map((role) => `role ${role}`),
        ...(functionOwner !== "" && rights.functionOf !== "" ? [`function ${settings.authFunction}`] : []),
    ];
    if (made.length === 0) return [];
    return [
        error(
            `postgresql:username: ${who} is not a superuser, and could neither change nor drop what another login has made: ${made.join(", ")}`,
            `${logInAs(facts, settings)}; to change the login, destroy the stack as that one first: pulumi destroy --stack ${settings.stack}`,
        ),
    ];
}

/** The other remedy for everything that is missing. */
function logInAs(facts: DatabaseFacts, settings: Settings): string {
    const { username } = asSuperuser(facts, settings);
    return `${configSet(settings, "postgresql:username", copied(username, "SUPERUSER"))}; ${configSetSecret(settings, "postgresql:password")}   (a superuser and its password)`;
}

function unseenSessions(facts: DatabaseFacts, settings: Settings, who: string): Finding {
    const { username, database } = settings.databaseServer;
    const grant = asSuperuser(facts, settings).psql(database, `GRANT pg_read_all_stats TO ${sqlName(username)}`);
    return warning(
        `postgresql:username: ${who} does not see from where sessions of other roles come, so ./sidecar verify can't count the pooler's backends`,
        grant,
    );
}

interface Missing {
    what: string;
    fix: string;
    /** Default: an error. */
    level?: typeof warning;
}

function missingRights(facts: DatabaseFacts, settings: Settings, owned: Pick<OwnedResources, "roles">): Missing[] {
    const { rights } = facts;
    const { databases, pgadminRoleMemberOf, metrics } = settings;
    const joined = [...pgadminRoleMemberOf, ...(metrics ? [metricsMemberOf] : [])];
    const { username, database: providers } = settings.databaseServer;
    const [first] = databases as [string];
    const { psql } = asSuperuser(facts, settings);
    const me = sqlName(username);
    const missing: Missing[] = [];
    if (!rights.createRoles) missing.push({ what: "may not create roles", fix: psql(providers, `ALTER ROLE ${me} CREATEROLE`) });
    if (!rights.readVerifiers) {
        const fix = psql(first, `GRANT SELECT ON pg_catalog.pg_authid TO ${me}`);
        missing.push({ what: `may not read pg_authid in ${first}, which the lookup function needs`, fix });
    }
    for (const database of rights.ungrantable) {
        const fix = psql(providers, `GRANT CONNECT ON DATABASE ${sqlName(database)} TO ${me} WITH GRANT OPTION`);
        missing.push({ what: `can't let a role connect to ${database}`, fix });
    }
    missing.push(...missingSchema(facts, settings));
    for (const { database, schema, strangers } of facts.roleSchemas.filter(
        (one) => one.exists && (!one.grantable || one.strangers.length > 0),
    )) {
        const grants = [
            `GRANT USAGE ON SCHEMA ${sqlName(schema)} TO ${me} WITH GRANT OPTION`,
            `GRANT SELECT ON ALL TABLES IN SCHEMA ${sqlName(schema)} TO ${me} WITH GRANT OPTION`,
            ...strangers.map((role) => `GRANT ${sqlName(role)} TO ${me}`), // before it grants, the provider becomes each owner
        ];
        missing.push({
            what: `can't let pgadminRole read all that is in schema ${schema} of ${database}`,
            fix: psql(database, ...grants),
            // It could when it made the role. Since then, somebody has created a table.
            ...(owned.roles.includes(settings.pgadminRole) ? { level: warning } : {}),
        });
    }
    for (const role of rights.unadministered.filter((one) => joined.includes(one))) {
        missing.push({
            what: `can't make another role a member of ${role}`,
            fix: psql(providers, `GRANT ${sqlName(role)} TO ${me} WITH ADMIN OPTION`),
        });
    }
    return missing;
}

/** One schema of its own is all that it needs, whatever it lacks in the one that is set. */
function missingSchema(facts: DatabaseFacts, settings: Settings): Missing[] {
    const { createFunction, grantUsage, strangers } = facts.rights;
    const [schema = "", name = ""] = settings.authFunction.split(".");
    if (createFunction && grantUsage && strangers.length === 0) return [];
    const lacks = [
        ...(createFunction ? [] : ["create a function"]),
        ...(grantUsage ? [] : ["let a role use it"]),
        ...(strangers.length === 0 ? [] : [`act as ${strangers.join(" and ")}, whose tables are there`]),
    ];
    const free = schema === ownSchema ? `${ownSchema}_lookup` : ownSchema;
    const create = `CREATE SCHEMA IF NOT EXISTS ${sqlName(free)} AUTHORIZATION ${sqlName(settings.databaseServer.username)}`;
    return [
        {
            what: `in schema ${schema} it can't ${lacks.join(", nor ")}`,
            fix: `${asSuperuser(facts, settings).psql(settings.databases[0]!, create)}; ${configSet(settings, "authFunction", `${free}.${name}`)}`,
        },
    ];
}
