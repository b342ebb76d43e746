import { PgbouncerIni } from "../../components/pgbouncer/ini";

/** One way to the database. */
export interface Variant {
    name: string;
    /** What it is, for a table's legend. */
    is: string;
    /** Changes of the stack's own settings; none for the way without a pooler. */
    changes?: Partial<PgbouncerIni>;
    /** Changes the rendered ini further, for what is no setting. */
    edit?: (ini: string) => string;
    /** Whether clients use TLS. */
    tls?: true;
}

const strict = {
    serverResetQueryAlways: true,
    serverResetEnforced: false,
    serverTlsSslmode: "disable",
    clientTlsSslmode: "disable",
    serverTlsCa: "",
    serverTlsCert: "",
} as const;

/** All that DISCARD ALL does but DEALLOCATE ALL and DISCARD PLANS, and the statements that a client has PREPAREd by SQL. */
const keepingReset = [
    "CLOSE ALL",
    "SET SESSION AUTHORIZATION DEFAULT",
    "RESET ALL",
    "UNLISTEN *",
    "SELECT pg_advisory_unlock_all()",
    "DISCARD TEMP",
    "DISCARD SEQUENCES",
    "DO 'DECLARE s name; BEGIN FOR s IN SELECT name FROM pg_prepared_statements WHERE from_sql LOOP EXECUTE format($$DEALLOCATE %I$$, s); END LOOP; END'",
].join("; ");

/** All variants of the stack's own pooler, and the way without one. */
export const variants: Variant[] = [
    { name: "direct", is: "no pooler" },
    { name: "strict", is: "the stack's pooler, session state discarded after each transaction (the default)", changes: strict },
    { name: "fast", is: "`serverResetQueryAlways` false", changes: { ...strict, serverResetQueryAlways: false } },
    { name: "strict-enforced", is: "strict with `serverResetEnforced`", changes: { ...strict, serverResetEnforced: true } },
    {
        name: "strict-kept",
        is: "strict with a reset that keeps prepared statements: an experiment, not a setting",
        changes: strict,
        edit: (ini) => ini.replace(/^server_reset_query = .*$/m, `server_reset_query = ${keepingReset}`),
    },
    {
        name: "runbook",
        is: "the sizes of a plain compose file: no bound for each database, and a reset that transaction pooling never runs",
        changes: {
            ...strict,
            serverResetQueryAlways: false,
            maxClientConn: 200,
            defaultPoolSize: 15,
            minPoolSize: 2,
            reservePoolSize: 5,
            serverIdleTimeout: 600,
        },
        edit: (ini) => ini.replace(/^max_db_connections = .*\n/m, ""),
    },
    {
        name: "strict-tuned",
        is: "strict with larger buffers and queues (`pkt_buf`, `tcp_socket_buffer`, `listen_backlog`) and pgbouncer's own `tcp_defer_accept`: an experiment, not a setting",
        changes: strict,
        edit: (ini) =>
            ini.replace(/^tcp_defer_accept = .*$/m, ["pkt_buf = 65536", "tcp_socket_buffer = 262144", "listen_backlog = 4096"].join("\n")),
    },
    { name: "strict-2", is: "strict with 2 `processes`", changes: { ...strict, processes: 2 } },
    { name: "fast-2", is: "fast with 2 `processes`", changes: { ...strict, serverResetQueryAlways: false, processes: 2 } },
    { name: "tls-clients", is: "strict with TLS to clients", changes: { ...strict, clientTlsSslmode: "require" }, tls: true },
    { name: "tls-database", is: "strict with TLS to the database", changes: { ...strict, serverTlsSslmode: "require" } },
];

/** What an experiment may need of a pooler besides its variant. */
export const withClients = (variant: Variant, clients: number): Variant => ({
    ...variant,
    changes: { ...variant.changes, maxClientConn: clients },
});
