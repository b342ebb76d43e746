import * as pulumi from "@pulumi/pulumi";
import { lookupRole } from "../components/authentication/rotation";
import { sqlName } from "../findings/quoting";
import { Settings } from "../settings/settings";
import { connect } from "../host/postgres";
import { hasLookup, OwnedResources, StackState } from "./state";

/** A lookup function, by the provider's id: `database.schema.name(text)`. */
interface LookupFunction {
    id: string;
    database: string;
    schema: string;
    name: string;
}

/** What the state has of roles and lookup functions, and this run will delete. */
export interface Outgoing {
    roles: string[];
    functions: LookupFunction[];
}

export function findOutgoing(known: Pick<OwnedResources, "roles" | "functions">, settings: Settings): Outgoing {
    const role = lookupRole(settings);
    return {
        roles: known.roles.filter((one) => one !== role),
        functions: known.functions.flatMap((id) => {
            const [, database, schema, name] = /^(.+)\.([^.]+)\.([^.]+)\(text\)$/.exec(id) ?? [];
            return !hasLookup({ functions: [id] }, settings) && database && schema && name ? [{ id, database, schema, name }] : [];
        }),
    };
}

/**
 * If somebody dropped an outgoing role or function by hand, makes an empty one in its place: the provider can't revoke a grant of what
 * is gone, and each later run would fail on it. This run deletes it in the end.
 */
export async function reviveOutgoing(state: StackState, known: OwnedResources, settings: Settings): Promise<void> {
    const { roles, functions } = findOutgoing(known, settings);
    if (roles.length === 0 && functions.length === 0) return;
    const made: string[] = [];
    const server = await connect(settings, settings.databaseServer.database);
    try {
        for (const role of roles) {
            const { rowCount } = await server.query("SELECT FROM pg_roles WHERE rolname = $1", [role]);
            if (rowCount !== 0) continue;
            await server.query(`CREATE ROLE ${sqlName(role)} NOLOGIN`);
            made.push(`role ${role}`);
        }
        for (const { id, database, schema, name } of functions) {
            const { rowCount: exists } = await server.query("SELECT FROM pg_database WHERE datname = $1 AND datallowconn", [database]);
            if (exists === 0) {
                const urn = state.deployment.resources?.find((one) => one.id === id)?.urn;
                await pulumi.log.warn(
                    `function ${schema}.${name} is in the state, but its database ${database} is gone. So this run fails in the end, when all else is done.\n` +
                        `  Fix, after it: pulumi state delete --stack ${settings.stack} --yes --target-dependents '${urn}'`,
                );
                continue;
            }
            const client = await connect(settings, database);
            try {
                const { rows } = await client.query<{ schema: boolean; lookup: boolean }>(
                    "SELECT to_regnamespace(quote_ident($1)) IS NOT NULL AS schema, to_regprocedure(quote_ident($1) || '.' || quote_ident($2) || '(text)') IS NOT NULL AS lookup",
                    [schema, name],
                );
                if (!rows[0]!.schema || rows[0]!.lookup) continue;
                await client.query(
                    `CREATE FUNCTION ${sqlName(schema)}.${sqlName(name)}(text) RETURNS text LANGUAGE sql AS 'SELECT NULL::text'`,
                );
                made.push(`function ${schema}.${name} in ${database}`);
            } finally {
                await client.end();
            }
        }
    } finally {
        await server.end();
    }
    if (made.length > 0) {
        await pulumi.log.warn(`somebody dropped ${made.join(" and ")}; made an empty one, so that this run can delete it with its grants`);
    }
}
