import { QueryResultRow } from "pg";
import { Finding, warning } from "../findings/finding";
import { connect } from "../host/postgres";
import { upCommand } from "../host/remedies";
import { schemasOf } from "../settings/roleschemas";
import { Settings } from "../settings/settings";
import { StackState } from "./state";

const grantType = "postgresql:index/grant:Grant";

/** What the state has a grant on: a database, or a schema in it. */
export interface Granted {
    database: string;
    schema?: string | undefined;
}

/** What the state has grants on that the settings no longer name, each once. What they name, the other checks look for. */
export function outgoingGrants({ deployment: { resources = [] } }: StackState, settings: Settings): Granted[] {
    const { databases, authFunction } = settings;
    const wanted = [...schemasOf(settings), { database: databases[0]!, schema: authFunction.split(".")[0]! }];
    const isWanted = ({ database, schema }: Granted) =>
        databases.includes(database) && (!schema || wanted.some((one) => one.database === database && one.schema === schema));
    const found = resources.flatMap(({ type, inputs }) =>
        type === grantType && inputs?.database ? [{ database: inputs.database, schema: inputs.schema || undefined }] : [],
    );
    const key = ({ database, schema = "" }: Granted) => `${database}.${schema}`;
    return [...new Map(found.map((one) => [key(one), one])).values()].filter((one) => !isWanted(one));
}

/** Grants that the provider can't revoke, because somebody dropped what they are on: each `up` and `destroy` would fail at its end. */
export async function judgeLostGrants(state: StackState, functions: string[], settings: Settings): Promise<Finding[]> {
    const found = await findLost(outgoingGrants(state, settings), settings).catch(() => []); // as far as they can be looked for
    // A function in a database that is gone has to leave the state first (outgoing.ts).
    const lost = found.filter(({ database, schema }) => schema || !functions.some((id) => id.startsWith(`${database}.`)));
    if (lost.length === 0) return [];
    const names = lost.map(({ database, schema }) => (schema ? `schema ${schema} of ${database}` : `database ${database}`));
    return [
        warning(
            `the state has grants on what somebody dropped: ${names.join(", ")}. Without --refresh, Pulumi fails when it revokes them`,
            `${upCommand(settings)} --refresh`,
        ),
    ];
}

async function findLost(grants: Granted[], settings: Settings): Promise<Granted[]> {
    if (grants.length === 0) return [];
    const sql = "SELECT datname AS name, datallowconn AS open FROM pg_database";
    const there = await ask<{ name: string; open: boolean }>(settings, settings.databaseServer.database, sql);
    const gone = [...new Set(grants.map(({ database }) => database))].filter((one) => !there.some(({ name }) => name === one));
    const lost: Granted[] = gone.map((database) => ({ database }));
    const inSchemas = grants.filter(({ database, schema }) => schema && there.some(({ name, open }) => open && name === database));
    for (const database of new Set(inSchemas.map((one) => one.database))) {
        const schemas = await ask<{ name: string }>(settings, database, "SELECT nspname AS name FROM pg_namespace");
        lost.push(...inSchemas.filter((one) => one.database === database && !schemas.some(({ name }) => name === one.schema)));
    }
    return lost;
}

async function ask<Row extends QueryResultRow>(settings: Settings, database: string, sql: string): Promise<Row[]> {
    const client = await connect(settings, database);
    try {
        return (await client.query<Row>(sql)).rows;
    } finally {
        await client.end();
    }
}
