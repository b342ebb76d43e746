/** A series of a panel: a PromQL expression and what the legend calls it. */
export interface Query {
    expr: string;
    legend?: string;
}

/** A panel of the dashboard. */
export interface Panel {
    title: string;
    /** One number with a colour, or curves. */
    kind: "number" | "curves";
    queries: Query[];
    /** Grafana's name of the unit; by default a plain number. */
    unit?: string;
    /** From these values on a number is orange, and red. Descending values mean that less is worse. */
    limits?: [orange: number, red: number];
    /** Columns of 24. */
    width: number;
}

/** A row of the dashboard: what whoever is on duty asks, in the order in which they ask it. */
export interface Question {
    title: string;
    panels: Panel[];
}

/** The dashboard's variable chooses a stack. Where series have no such label, it is empty, and so matches. */
const of = 'stack=~"$stack"';
const pool = `database!~"pgbouncer|pgbouncer_lookup", ${of}`;

export const questions: Question[] = [
    {
        title: "Is anybody waiting?",
        panels: [
            {
                title: "Clients that wait",
                kind: "number",
                queries: [{ expr: `sum(pgbouncer_pools_client_waiting_connections{${pool}})` }],
                limits: [1, 10],
                width: 4,
            },
            {
                title: "Longest wait",
                kind: "number",
                queries: [{ expr: `max(pgbouncer_pools_client_maxwait_seconds{${pool}})` }],
                unit: "s",
                limits: [1, 15],
                width: 4,
            },
            {
                title: "Clients that wait, by database and user",
                kind: "curves",
                queries: [
                    {
                        expr: `sum by (database, user) (pgbouncer_pools_client_waiting_connections{${pool}})`,
                        legend: "{{database}} {{user}}",
                    },
                ],
                width: 8,
            },
            {
                title: "Time that a transaction waits for a backend",
                kind: "curves",
                queries: [
                    {
                        expr: `sum by (database) (rate(pgbouncer_stats_totals_client_wait_seconds_total{${pool}}[$__rate_interval])) / sum by (database) (rate(pgbouncer_stats_totals_sql_transactions_pooled_total{${pool}}[$__rate_interval]))`,
                        legend: "{{database}}",
                    },
                ],
                unit: "s",
                width: 8,
            },
        ],
    },
    {
        title: "How full is the budget?",
        panels: [
            {
                title: "Fullest pool",
                kind: "number",
                queries: [
                    {
                        // As PoolNearlyFull has it.
                        expr: `max(sum by (stack, instance, database) (pgbouncer_pools_server_active_connections{${pool}} + pgbouncer_pools_server_testing_connections{${pool}}) / on (stack, instance, database) (max by (stack, instance, database) (pgbouncer_databases_max_connections{name!="pgbouncer_lookup", ${of}}) > 0) or clamp_max(max by (stack, instance, database, user) (pgbouncer_pools_server_active_connections{${pool}} + pgbouncer_pools_server_testing_connections{${pool}}) / on (stack, instance, database) group_left () (max by (stack, instance, database) (pgbouncer_databases_pool_size{name!="pgbouncer_lookup", ${of}}) > 0), 1))`,
                    },
                ],
                unit: "percentunit",
                limits: [0.8, 0.95],
                width: 4,
            },
            {
                title: "Poolers",
                kind: "number",
                queries: [{ expr: `max(pg_sidecar_pool_poolers{${of}})` }],
                limits: [2, 3],
                width: 4,
            },
            {
                title: "Backends of the pool",
                kind: "curves",
                queries: [
                    { expr: `pg_sidecar_pool_backends{${of}}`, legend: "in use" },
                    { expr: `pg_sidecar_pool_limit{${of}}`, legend: "one pooler at most" },
                    { expr: `pg_sidecar_pool_budget{${of}}`, legend: "two poolers in a roll" },
                ],
                width: 8,
            },
            {
                title: "Backends by state",
                kind: "curves",
                queries: [
                    { expr: `sum(pgbouncer_pools_server_active_connections{${pool}})`, legend: "with a client" },
                    { expr: `sum(pgbouncer_pools_server_idle_connections{${pool}})`, legend: "idle" },
                    { expr: `sum(pgbouncer_pools_server_used_connections{${pool}})`, legend: "idle, to be checked" },
                    { expr: `sum(pgbouncer_pools_server_testing_connections{${pool}})`, legend: "in a reset" },
                    { expr: `sum(pgbouncer_pools_server_login_connections{${pool}})`, legend: "logging in" },
                ],
                width: 8,
            },
        ],
    },
    {
        title: "What do direct clients have left?",
        panels: [
            {
                title: "Connections left",
                kind: "number",
                queries: [{ expr: `min(pg_sidecar_connections_left{${of}})` }],
                limits: [20, 10],
                width: 4,
            },
            {
                title: "Direct connections",
                kind: "number",
                queries: [{ expr: `sum(pg_sidecar_backends_count{way="direct", ${of}})` }],
                width: 4,
            },
            {
                title: "Connections of the database",
                kind: "curves",
                queries: [
                    { expr: `sum by (way) (pg_sidecar_backends_count{${of}})`, legend: "{{way}}" },
                    { expr: `pg_sidecar_connections_max{${of}} - pg_sidecar_connections_reserved{${of}}`, legend: "all that there are" },
                ],
                width: 8,
            },
            {
                title: "Direct connections, by address",
                kind: "curves",
                queries: [{ expr: `topk(8, pg_sidecar_backends_count{way="direct", ${of}})`, legend: "{{address}}" }],
                width: 8,
            },
        ],
    },
    {
        title: "Who uses it?",
        panels: [
            {
                title: "Clients of the pool",
                kind: "curves",
                queries: [
                    {
                        expr: `topk(8, sum by (user, application_name) (pgbouncer_client_connections{${pool}}))`,
                        legend: "{{user}} {{application_name}}",
                    },
                ],
                width: 8,
            },
            {
                title: "Longest transaction, and longest idle one",
                kind: "curves",
                queries: [
                    { expr: `pg_sidecar_pool_longest_transaction_seconds{${of}}`, legend: "transaction" },
                    { expr: `pg_sidecar_pool_longest_idle_in_transaction_seconds{${of}}`, legend: "idle in transaction" },
                ],
                unit: "s",
                width: 8,
            },
            {
                title: "Left behind in backends",
                kind: "curves",
                queries: [
                    {
                        expr: `sum by (kind, user, application) (pg_sidecar_leaks_count{${of}})`,
                        legend: "{{kind}}: {{user}} {{application}}",
                    },
                ],
                width: 8,
            },
        ],
    },
    {
        title: "Is the pooler itself well?",
        panels: [
            { title: "All consoles answer", kind: "number", queries: [{ expr: `min(pgbouncer_up{${of}})` }], limits: [1, 0.5], width: 4 },
            {
                title: "Lookups work",
                kind: "number",
                queries: [{ expr: `min(pg_sidecar_lookup_works{${of}})` }],
                limits: [1, 0.5],
                width: 4,
            },
            {
                title: "Certificates end in",
                kind: "number",
                queries: [{ expr: `min(pg_sidecar_certificate_remaining_seconds{${of}})` }],
                unit: "s",
                limits: [30 * 86_400, 14 * 86_400],
                width: 4,
            },
            {
                title: "Age of the lookup role's password",
                kind: "number",
                queries: [{ expr: `max(pg_sidecar_lookup_password_age_seconds{${of}})` }],
                unit: "s",
                width: 4,
            },
            {
                title: "Transactions a second",
                kind: "curves",
                queries: [
                    {
                        expr: `sum by (database) (rate(pgbouncer_stats_totals_sql_transactions_pooled_total{${pool}}[$__rate_interval]))`,
                        legend: "{{database}}",
                    },
                ],
                width: 4,
            },
            {
                title: "Logins under way",
                kind: "curves",
                queries: [{ expr: `sum(pgbouncer_login_clients{${of}})`, legend: "logins" }],
                width: 4,
            },
        ],
    },
];
