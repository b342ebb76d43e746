import * as path from "path";
import { dump } from "js-yaml";
import { sqlLiteral } from "../../findings/quoting";
import { filled, Values } from "../../findings/template";

/** What the queries need to know of the stack. */
export interface MetricsQueries {
    /** The lookup role's names. Its sessions come from nowhere but the poolers, whose addresses they give away. */
    lookupRoles: string[];
    /** The one in force, and the lookup function, schema-qualified. */
    lookupRole: string;
    authFunction: string;
    /** The most backends of one pooler, and of the sidecar. */
    poolerBackends: number;
    budget: number;
    /** Processes of one pooler; each has an exporter. */
    processes: number;
    /** Whether the pooler resets each backend after each transaction. */
    strict: boolean;
    /** When the lookup role in force got its password, in seconds since 1970. An Output would not keep a Date. */
    since: number;
    /** When each certificate ends, in seconds since 1970, by what it is for. */
    certificates: Record<string, number>;
}

type Usage = "LABEL" | "GAUGE";

/** The columns of each query. A gauge is called `pg_sidecar_QUERY_COLUMN`. */
const columns: Record<string, Record<string, [Usage, string]>> = {
    backends: {
        address: ["LABEL", "The client's address as the database sees it"],
        way: ["LABEL", "pool or direct"],
        count: ["GAUGE", "Sessions of clients"],
    },
    connections: {
        max: ["GAUGE", "max_connections"],
        reserved: ["GAUGE", "Connections that the server keeps for superusers and pg_use_reserved_connections"],
        used: ["GAUGE", "Sessions of clients"],
        left: ["GAUGE", "Connections that anybody else can still have"],
    },
    pool: {
        backends: ["GAUGE", "Backends that all poolers of the stack hold"],
        limit: ["GAUGE", "The most backends that one pooler ever holds"],
        budget: ["GAUGE", "The most backends that the sidecar ever holds, in a roll"],
        processes: ["GAUGE", "Processes of one pooler"],
        poolers: ["GAUGE", "Poolers that hold backends; two in a roll"],
        longest_transaction_seconds: ["GAUGE", "Age of the oldest transaction in the pool"],
        idle_in_transaction: ["GAUGE", "Backends of the pool whose client has a transaction open and does nothing"],
        longest_idle_in_transaction_seconds: ["GAUGE", "How long the one that has waited longest has done nothing"],
    },
    lookup: {
        works: ["GAUGE", "Whether the lookup role can log in and call the lookup function: 1 or 0"],
        password_age_seconds: ["GAUGE", "Age of the lookup role's password"],
    },
    certificate: {
        name: ["LABEL", "What the certificate is for"],
        remaining_seconds: ["GAUGE", "Time until it ends"],
    },
    leaks: {
        kind: ["LABEL", "What a client left behind in a backend of the pool"],
        user: ["LABEL", "The backend's role"],
        database: ["LABEL", "The backend's database"],
        application: ["LABEL", "application_name of the backend's last client"],
        count: ["GAUGE", "How often it was left behind"],
    },
};

/** Seconds since 1970 of a date in any form that `Date` reads. */
export const secondsOf = (date: string) => Math.floor(Date.parse(date) / 1000);

const queryOf = (name: string, values: Values) => `${filled(path.join(__dirname, "queries", `${name}.sql`), values)}\n`;

/** SQL for the lookup role's names, and for the poolers' addresses. */
export function poolersOf(lookupRoles: string[]): Record<"poolers" | "roles", string> {
    const roles = `ARRAY[${lookupRoles.map(sqlLiteral).join(", ")}]::name[]`;
    return { roles, poolers: `SELECT client_addr FROM pg_stat_activity WHERE usename = ANY (${roles})` };
}

/**
 * SQL condition for backends whose reset has had time to come: after a transaction, a backend is idle until it does.
 * In a fast pool none comes, and a busy backend is never idle for so long.
 */
const settledIn = (strict: boolean) => (strict ? "state_change < now() - interval '100 ms'" : "true");

/** What clients left behind in the pool's backends, as rows of kind, user, database, application and count. */
export const leaksQuery = (lookupRoles: string[], strict: boolean) =>
    queryOf("leaks", { ...poolersOf(lookupRoles), shared: "NULL", settled: settledIn(strict) });

/** The exporter's file of queries. */
export function renderQueries(stack: MetricsQueries): string {
    const values = {
        ...poolersOf(stack.lookupRoles),
        // If the exporter has the poolers' address, the host's direct clients have it, too: whose a backend is can't be seen.
        shared: "inet_client_addr()",
        settled: settledIn(stack.strict),
        lookup: sqlLiteral(stack.lookupRole),
        function: sqlLiteral(stack.authFunction),
        pooler: String(stack.poolerBackends),
        budget: String(stack.budget),
        processes: String(stack.processes),
        since: String(stack.since),
        certificates: Object.entries(stack.certificates)
            .map(([name, ends]) => `(${sqlLiteral(name)}, ${ends})`)
            .join(", "),
    };
    const needed = Object.entries(columns).filter(([name]) => name !== "certificate" || values.certificates !== "");
    return dump(
        Object.fromEntries(
            needed.map(([name, its]) => [
                `pg_sidecar_${name}`,
                {
                    query: queryOf(name, values),
                    metrics: Object.entries(its).map(([column, [usage, description]]) => ({ [column]: { usage, description } })),
                },
            ]),
        ),
        { lineWidth: -1 },
    );
}
