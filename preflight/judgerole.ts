import { configRemove, configSet } from "../findings/commands";
import { error, Finding, warning } from "../findings/finding";
import { sqlName } from "../findings/quoting";
import { psqlCommand } from "../host/remedies";
import { Settings } from "../settings/settings";
import { DatabaseFacts } from "./database";

/** Predefined roles by which a session leaves the database: with them, it is as good as a superuser's. */
const escapes = ["pg_execute_server_program", "pg_read_server_files", "pg_write_server_files"];

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
        const superuser = memberOf[name];
        if (superuser === undefined) {
            const why =
                name === "pg_read_all_data" && version < 140_000 ? `: PostgreSQL ${Math.floor(version / 10_000)} does not have it yet` : "";
            return [error(`pgadminRoleMemberOf: there is no role ${name} on ${at}${why}`, without(name))];
        }
        if (superuser || escapes.includes(name)) {
            const what = superuser ? "is a superuser" : "leads out of the database, to the server's files or programs";
            return [error(`pgadminRoleMemberOf: ${name} on ${at} ${what}, and ${pgadminRole} would be one of its members`, without(name))];
        }
        if (name !== "pg_read_all_data") return [];
        return [
            warning(
                `pgadminRoleMemberOf: pg_read_all_data reads all tables, those of the server too: the verifiers in pg_authid, and the passwords for other servers in pg_user_mapping`,
                `${without(name)}; pulumi config set --stack ${settings.stack} --path 'pgadminRoleSchemas[0]' SCHEMA`,
            ),
        ];
    });
    for (const { database, schema } of roleSchemas.filter(({ exists }) => !exists)) {
        const create = psqlCommand(settings, database, [`CREATE SCHEMA ${sqlName(schema)}`]);
        found.push(
            error(
                `pgadminRoleSchemas: database ${database} on ${at} has no schema ${schema}`,
                `${create}, or: ${configRemove(settings, "pgadminRoleSchemas")}`,
            ),
        );
    }
    return found;
}

/** The commands that leave these in the list. Pulumi sets a list item by item. */
function setList(settings: Settings, names: string[]): string {
    const key = "pgadminRoleMemberOf";
    const clear = configRemove(settings, key);
    return names.length === 0
        ? configSet(settings, "--path 'pgadminRoleMemberOf[0]'", "pg_monitor")
        : [clear, ...names.map((name, at) => configSet(settings, `--path '${key}[${at}]'`, name))].join("; ");
}
