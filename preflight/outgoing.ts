import * as pulumi from "@pulumi/pulumi";
import { lookupRole } from "../components/authentication/rotation";
import { render } from "../findings/finding";
import { sqlName } from "../findings/quoting";
import { connect } from "../host/postgres";
import { upCommand } from "../host/remedies";
import { Settings } from "../settings/settings";
import { DatabaseFacts } from "./database";
import { runDdl } from "./ddl";
import { handover, holdingsOf, runHandover } from "./handover";
import { ownRolesOf } from "./sessions";
import { hasLookup, OwnedResources, StackState } from "./state";

/** A lookup function, by the provider's id: `database.schema.name(text)`. */
interface LookupFunction {
    id: string;
    database: string;
    schema: string;
    name: string;
}

/** The roles and lookup functions of the state that this run will delete. */
export interface Outgoing {
    roles: string[];
    functions: LookupFunction[];
}

export function findOutgoing(owned: Pick<OwnedResources, "roles" | "functions">, settings: Settings): Outgoing {
    const wanted = [lookupRole(settings), ...ownRolesOf(settings)];
    return {
        roles: owned.roles.filter((one) => !wanted.includes(one)),
        functions: owned.functions.flatMap((id) => {
            const [, database, schema, name] = /^(.+)\.([^.]+)\.([^.]+)\(text\)$/.exec(id) ?? [];
            return !hasLookup({ functions: [id] }, settings) && database && schema && name ? [{ id, database, schema, name }] : [];
        }),
    };
}

/**
 * If somebody dropped an outgoing role or function by hand, creates an empty one in its place: the provider can't revoke the
 * grants of one that is gone, and every later run would fail on that. This run deletes the empty one at its end. What an outgoing
 * role owns is handed over before that.
 */
export async function reviveOutgoing(
    state: StackState,
    owned: OwnedResources,
    settings: Settings,
    facts: Pick<DatabaseFacts, "superusers">,
): Promise<void> {
    const { roles, functions } = findOutgoing(owned, settings);
    if (roles.length === 0 && functions.length === 0) return;
    const created: string[] = [];
    const server = await connect(settings, settings.databaseServer.database);
    try {
        const holdings = await holdingsOf(server, roles, settings.databases[0]!);
        for (const role of roles) {
            const { rowCount } = await server.query("SELECT FROM pg_roles WHERE rolname = $1", [role]);
            if (rowCount !== 0) {
                // The provider would make it an administrator's.
                await runHandover(settings, facts, holdings[role]!, handover(holdings[role]!));
                continue;
            }
            await server.query(`CREATE ROLE ${sqlName(role)} NOLOGIN`);
            created.push(`role ${role}`);
        }
        for (const { id, database, schema, name } of functions) {
            const { rowCount: exists } = await server.query("SELECT FROM pg_database WHERE datname = $1 AND datallowconn", [database]);
            if (exists === 0) {
                const urn = state.deployment.resources?.find((one) => one.id === id)?.urn;
                await pulumi.log.warn(
                    render({
                        what: `function ${schema}.${name} is in the state, but its database ${database} is gone. So this run fails at its end, after everything else is done`,
                        fix: `after this run, pulumi state delete --stack ${settings.stack} --yes --target-dependents '${urn}'; ${upCommand(settings)} --refresh`,
                    }),
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
                const empty = `CREATE FUNCTION ${sqlName(schema)}.${sqlName(name)}(text) RETURNS text LANGUAGE sql AS 'SELECT NULL::text'`;
                await runDdl(client, empty, database, settings);
                created.push(`function ${schema}.${name} in ${database}`);
            } finally {
                await client.end();
            }
        }
    } finally {
        await server.end();
    }
    if (created.length > 0) {
        await pulumi.log.warn(
            `somebody dropped ${created.join(" and ")}; created an empty one, so that this run can delete it with its grants`,
        );
    }
}
