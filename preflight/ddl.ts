import { Client } from "pg";
import { ownSchemas } from "../components/searchpath";
import { UserError } from "../findings/errors";
import { psqlCommand } from "../host/remedies";
import { Settings } from "../settings/settings";

/** A relation, a function or a type that is not there. */
const missing = ["42P01", "42883", "42704"];

/**
 * Runs a DDL statement on a database. An event trigger's function runs with this session's search_path, and so may miss a table that it
 * names without a schema. A person's psql has the path that the function expects.
 */
export async function runDdl(client: Pick<Client, "query">, sql: string, database: string, settings: Settings): Promise<void> {
    try {
        await client.query(sql);
    } catch (cause) {
        // Only an error inside of a function says where it was raised.
        const { code = "", where, message } = cause as Error & { code?: string; where?: string };
        if (where === undefined || !missing.includes(code)) throw cause;
        throw new UserError(
            `an event trigger of database ${database} fails under search_path ${ownSchemas.join(", ")}, which protects this session: ` +
                `${message} (${where.split("\n")[0]})`,
            `${psqlCommand(settings, database, [sql])}; then run this up again   (ALTER FUNCTION … SET search_path lets the trigger work in each session)`,
        );
    }
}
