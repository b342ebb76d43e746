import { configRemove, configSet } from "../findings/commands";
import { error, Finding, warning } from "../findings/finding";
import { sqlName } from "../findings/quoting";
import { psqlCommand, upCommand } from "../host/remedies";
import { schemasOf } from "../settings/roleschemas";
import { Settings } from "../settings/settings";
import { DatabaseFacts, escapes, readsAll } from "./database";

/** What keeps pgadminRole from being what it is for: a role of pgAdmin's people, with limited rights. */
export function judgePgadminRole({ memberOf, roleSchemas, version }: DatabaseFacts, settings: Settings): Finding[] {
    const { pgadminRole, pgadminRoleMemberOf, databaseServer } = settings;
    if (pgadminRole === "") return [];
    const at = `${databaseServer.host}:${databaseServer.port}`;
    const without = (name: string) =>
        setList(
            settings,
            pgadminRoleMemberOf.filter((one) => one !== name),
        );
    const found = pgadminRoleMemberOf.flatMap((name) => {
        const reaches = memberOf[name];
        if (reaches === undefined) {
            const why = name === readsAll && version < 140_000 ? `: PostgreSQL ${Math.floor(version / 10_000)} does not have it yet` : "";
            return [error(`pgadminRoleMemberOf: there is no role ${name} on ${at}${why}`, without(name))];
        }
        const by = (reached: string) => (reached === name ? name : `${name} is a member of ${reached}, which`);
        const first = reaches.find((one) => one !== readsAll);
        if (first !== undefined) {
            const leadsOut = escapes.includes(first);
            const what = `${by(first)} ${leadsOut ? "leads out of the database, to the server's files or programs" : "is as good as a superuser"}`;
            return [error(`pgadminRoleMemberOf: ${what} on ${at}, and ${pgadminRole} would be one of its members`, without(name))];
        }
        if (!reaches.includes(readsAll)) return [];
        return [
            warning(
                `pgadminRoleMemberOf: ${by(readsAll)} reads all tables, those of the server too: the verifiers in pg_authid, and the passwords for other servers in pg_user_mapping`,
                `${without(name)}; pulumi config set --stack ${settings.stack} --path 'pgadminRoleSchemas[0]' SCHEMA`,
            ),
        ];
    });
    const isMissing = (one: { database: string; schema: string }) =>
        roleSchemas.some(({ database, schema, exists }) => !exists && database === one.database && schema === one.schema);
    const missing = schemasOf(settings).flatMap((one, at) => (isMissing(one) ? [{ ...one, at }] : []));
    if (missing.length === 0) return found;
    const create = missing.map(({ database, schema }) => psqlCommand(settings, database, [`CREATE SCHEMA ${sqlName(schema)}`]));
    // The last one first: to remove an item gives those after it other numbers.
    const remove = missing.map(({ at: item }) => configRemove(settings, `--path 'pgadminRoleSchemas[${item}]'`)).reverse();
    const refresh = `${upCommand(settings)} --refresh`; // if it was there once, the state has grants on it
    const names = missing.map(({ database, schema }) => `database ${database} on ${at} has no schema ${schema}`);
    return [
        ...found,
        error(`pgadminRoleSchemas: ${names.join(", and ")}`, `${[...create, refresh].join("; ")}, or: ${[...remove, refresh].join("; ")}`),
    ];
}

/** The commands that leave these in the list. Pulumi sets a list item by item. */
function setList(settings: Settings, names: string[]): string {
    const key = "pgadminRoleMemberOf";
    const clear = configRemove(settings, key);
    return names.length === 0
        ? configSet(settings, "--path 'pgadminRoleMemberOf[0]'", "pg_monitor")
        : [clear, ...names.map((name, at) => configSet(settings, `--path '${key}[${at}]'`, name))].join("; ");
}
