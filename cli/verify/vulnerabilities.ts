/** A pooler's SHOW CONFIG, by pgbouncer's own names. */
export type PoolerConfig = Record<string, string>;

/** What of the running pgAdmin decides whether a vulnerability is open; `pgadmin-facts.py` looks it up. */
export interface PgadminConfig {
    /** AUTHENTICATION_SOURCES. */
    sources: string[];
    /** Whether MASTER_PASSWORD_HOOK is set. */
    hook: boolean;
    /** Whether the AI assistant has a provider. */
    assistant: boolean;
    /** Number of its users. */
    users: number;
    /** Files with which its own account would log in somewhere: passwords, keys, certificates, services. */
    credentials: string[];
}

export interface Vulnerability<Config> {
    id: string;
    what: string;
    /** First version that has it; by default the very first. */
    from?: string;
    /** First version without it; undefined if every version has it. */
    fixed?: string;
    /** What averts it in this configuration, if anything does. */
    averted?: (config: Config) => string | undefined;
    /** Who can use it where it is open. */
    by: string;
    /** How that is known: the test that plays it, or the source that has the condition. */
    known: string;
}

const whoeverReaches = "whoever reaches the pooler's port, which is published nowhere";
const database = "a hostile database server";
const ownDatabase = () => "only a hostile database server can use it, and the pooler connects to no other server than yours";
const qualified = ({ auth_query: text = "" }: PoolerConfig) => /FROM \w+\.\w+\(/.test(text);

/**
 * Whether a list has an empty name: two separators in a row, or one at either end. Without one, pgbouncer's search for the empty name
 * never ends, and a client starts it with `options=-c =`.
 */
export function hasEmptyName(list: string): boolean {
    return /(^|[\s,])([\s,]|$)/.test(list);
}

/** Known vulnerabilities of pgbouncer since 1.18, the oldest that it was ever tried with; as of 1.26.1 (October 2026). */
export const ofPgbouncer: Vulnerability<PoolerConfig>[] = [
    {
        id: "CVE-2025-2291",
        what: "an expired password still logs in",
        averted: (config) => (qualified(config) ? "our lookup returns no expired password (lookup-expiry)" : undefined),
        by: "whoever has an expired password",
        known: "played: `verify` (lookup-expiry)",
    },
    {
        id: "CVE-2025-12819",
        what: "an unauthenticated client runs SQL through auth_query by its search_path",
        fixed: "1.25.1",
        averted: (config) => (qualified(config) ? "every name in auth_query is qualified (lookup-path)" : undefined),
        by: whoeverReaches,
        known: "played: `verify` (lookup-path)",
    },
    {
        id: "CVE-2026-6664",
        what: "a malformed login crashes the pooler",
        fixed: "1.25.2",
        by: whoeverReaches,
        known: "source: `mbuf_get_bytes` (lib/usual/mbuf.h) adds a length before it compares",
    },
    {
        id: "CVE-2026-6665",
        what: "a stack overflow in SCRAM",
        fixed: "1.25.2",
        averted: ownDatabase,
        by: database,
        known: "source: src/scram.c builds the client's final message from the server's nonce",
    },
    {
        id: "CVE-2026-6666",
        what: "a crash on an error without SQLSTATE",
        fixed: "1.25.2",
        averted: ownDatabase,
        by: database,
        known: "source: `kill_pool_logins_server_error` reads the SQLSTATE of a server's error",
    },
    {
        id: "CVE-2026-6667",
        what: "a user of stats_users may end any client's session (KILL_CLIENT)",
        fixed: "1.25.2",
        averted: ({ stats_users: users, auth_user: own }) =>
            users !== undefined && users === own ? "stats_users is the lookup role alone" : undefined,
        by: "a user of stats_users",
        known: "source: `admin_cmd_kill_client` (src/admin.c) does not look at `admin_user`",
    },
    {
        id: "CVE-2026-6668",
        what: "an unauthenticated client can hang the pooler",
        fixed: "1.26.0",
        by: whoeverReaches,
        known: "only pgbouncer's changelog, beside CVE-2026-107348",
    },
    {
        id: "CVE-2026-6669",
        what: "SCRAM iterations without a bound",
        fixed: "1.26.0",
        averted: ownDatabase,
        by: database,
        known: "source: src/scram.c takes the iterations from the server's first message",
    },
    {
        id: "CVE-2026-19888",
        what: "a malformed login crashes the pooler",
        fixed: "1.26.0",
        by: `${whoeverReaches}; the container comes back by itself`,
        known: "played: `18-safety`; source: `read_client_final_message` (src/scram.c) takes a message without a nonce",
    },
    {
        id: "CVE-2026-107348",
        what: "a client can hang the pooler",
        from: "1.21.0",
        fixed: "1.26.1",
        averted: ({ max_packet_size: most }) => (Number(most) < 2 ** 31 ? "max_packet_size is below 2 GiB" : undefined),
        by: whoeverReaches,
        known: "source: `make_room` (src/pktbuf.c) doubles an int; its length is limited by max_packet_size",
    },
    {
        id: "CVE-2026-107349",
        what: "an unauthenticated client can hang the pooler",
        from: "1.20.0",
        fixed: "1.26.1",
        averted: ({ ignore_startup_parameters: ignored = "" }) =>
            hasEmptyName(ignored) ? "ignore_startup_parameters has an empty name" : undefined,
        by: whoeverReaches,
        known: "played: `08-faults`, with and without the empty name; source: `strlist_contains` (src/util.c)",
    },
    {
        id: "CVE-2026-107350",
        what: "a client that knows the password of a user in auth_file can log in as any SCRAM user",
        from: "1.17.0",
        fixed: "1.26.1",
        by: "whoever knows the lookup role's password, which is random and in no file but the pooler's",
        known: "source: `handle_client_startup` (src/client.c) takes a second startup packet while a login is under way",
    },
];

const login = "whoever has a pgAdmin login";
const commands = `${login}: runs programs in pgAdmin's container, and reaches what pgAdmin reaches`;
const alone = ({ users }: PgadminConfig) => (users === 1 ? "pgAdmin has one user" : undefined);
const ownNothing = ({ credentials }: PgadminConfig) =>
    credentials.length === 0 ? "pgAdmin's account in the container has no such file" : undefined;

/** Known vulnerabilities of pgAdmin since 9.16, the oldest that the stack takes; as of 9.19 (October 2026). */
export const ofPgadmin: Vulnerability<PgadminConfig>[] = [
    {
        id: "CVE-2026-17346",
        what: "SQL injection by the name of an index, a publication or a subscription",
        fixed: "9.17",
        by: "a role that may create such an object, once somebody looks at it in pgAdmin",
        known: "source: coll_stats.sql and the dependencies' templates put the name between quotes",
    },
    {
        id: "CVE-2026-17347",
        what: "a command in a user's name, by MASTER_PASSWORD_HOOK",
        from: "7.2",
        fixed: "9.17",
        averted: ({ hook }) => (hook ? undefined : "MASTER_PASSWORD_HOOK is not set"),
        by: "whoever an outside login names so",
        known: "source: config.py, `MASTER_PASSWORD_HOOK = None`",
    },
    {
        id: "CVE-2026-17348",
        what: "some routes need no login",
        fixed: "9.17",
        by: "whoever reaches pgAdmin",
        known: "played: `18-safety`",
    },
    {
        id: "CVE-2026-17349",
        what: "a shared server's saved password is copied to another user",
        from: "9.0",
        fixed: "9.17",
        averted: alone,
        by: "another pgAdmin user",
        known: "source: `adhoc_connect_server` clones a server that is another user's",
    },
    {
        id: "CVE-2026-17350",
        what: "a user who may not use a tool can use its routes",
        from: "9.3",
        fixed: "9.17",
        averted: alone,
        by: "a pgAdmin user with fewer rights",
        known: "source: `permissions_required` is on one route of each tool",
    },
    {
        id: "CVE-2026-17351",
        what: "the AI assistant's read-only transaction can be left",
        from: "9.13",
        fixed: "9.17",
        averted: ({ assistant }) => (assistant ? undefined : "the AI assistant has no provider, and reaches none"),
        by: "whoever writes what the assistant reads",
        known: "source: config.py, `DEFAULT_LLM_PROVIDER = ''`",
    },
    {
        id: "CVE-2026-17566",
        what: "Import/Export runs a program",
        fixed: "9.17", // its record says 9.18, but the fix is in the tag REL-9_17
        by: commands,
        known: "source: `_is_query_parens_balanced` (tools/import_export) refuses the backslash from REL-9_17 on",
    },
    {
        id: "CVE-2026-86861",
        what: "saving a file follows a symbolic link",
        fixed: "9.18",
        averted: () => "nobody but pgAdmin writes to its volume, and it makes no links",
        by: "whoever can make a link in a user's storage",
        known: "source: `save_file` opens what it has checked before; no route makes a link",
    },
    {
        id: "CVE-2026-86862",
        what: "Restore and Maintenance send the database's password to another server",
        fixed: "9.18",
        averted: alone,
        by: "another pgAdmin user",
        known: "source: tools/restore and tools/maintenance give `database` to --dbname; one user can send only his own password",
    },
    {
        id: "CVE-2026-86863",
        what: "a header logs in, with the login by a web server",
        fixed: "9.18",
        averted: ({ sources }) => (sources.includes("webserver") ? undefined : `logins are ${sources.join(", ")} alone`),
        by: "whoever reaches pgAdmin",
        known: "played: `18-safety`; source: authenticate/webserver.py, `get_user`",
    },
    {
        id: "CVE-2026-86864",
        what: "Backup writes to any file of pgAdmin's, and sends the password elsewhere",
        fixed: "9.18",
        by: `${login}: can destroy what is in pgAdmin's volume`,
        known: "played: `18-safety`; source: tools/backup, `args.append(data['database'])`",
    },
    {
        id: "CVE-2026-116241",
        what: "Import/Export runs a program (a backslash in a quoted identifier)",
        fixed: "9.19",
        by: commands,
        known: "source: `_is_query_parens_balanced` (tools/import_export) refuses the backslash in strings alone",
    },
    {
        id: "CVE-2026-116242",
        what: "an SSH tunnel uses the keys of pgAdmin's own account",
        fixed: "9.19",
        averted: ownNothing,
        by: login,
        known: "`verify` looks for the files",
    },
    {
        id: "CVE-2026-116244",
        what: "a connection uses the Kerberos tickets of pgAdmin's own account",
        fixed: "9.19",
        averted: ownNothing,
        by: login,
        known: "`verify` looks for the files",
    },
    {
        id: "CVE-2026-116245",
        what: "a connection uses a service of pgAdmin's own account",
        fixed: "9.19",
        averted: ownNothing,
        by: login,
        known: "`verify` looks for the files",
    },
    {
        id: "CVE-2026-116247",
        what: "a connection uses the password file or the certificate of pgAdmin's own account",
        fixed: "9.19",
        averted: ownNothing,
        by: login,
        known: "`verify` looks for the files",
    },
    {
        id: "CVE-2026-116249",
        what: "the path of a server's file leads out of a user's storage",
        fixed: "9.19",
        averted: alone,
        by: "another pgAdmin user",
        known: "source: `get_complete_file_path` (utils/__init__.py) strips leading slashes alone",
    },
];
