import { checked, keyLines, Rival, rivalFolder, RivalSettings } from "./rival";

/** pgpool has a process for each backend, and a client keeps one from its login to its end. */
export const pgpool: Rival = {
    name: "pgpool2",
    is: "a client keeps its backend until it leaves",
    program: "pgpool",
    files: (settings) => {
        const { database, role, password } = checked(settings);
        return [
            { name: "pgpool.conf", text: conf(settings) },
            { name: "pool_hba.conf", text: `host ${database} ${role} all scram-sha-256\n` },
            { name: "pool_passwd", text: `${role}:TEXT${password}\n` },
            { name: "pcp.conf", text: "" },
        ];
    },
    command: () => {
        const file = (name: string) => `${rivalFolder}/${name}`;
        return ["pgpool", "-n", "-D", "-f", file("pgpool.conf"), "-a", file("pool_hba.conf"), "-F", file("pcp.conf")];
    },
    cannot: ({ clients }, { backends }) =>
        clients > backends
            ? `a client keeps its backend for the session: the ${backends + 1}th waits, unanswered, until another leaves`
            : undefined,
};

function conf({ host, port, backends, clients, listenPort }: RivalSettings): string {
    return keyLines({
        backend_clustering_mode: "'raw'",
        listen_addresses: "'*'",
        port: listenPort,
        unix_socket_directories: "'/tmp'",
        pcp_listen_addresses: "''",
        pcp_socket_dir: "'/tmp'",
        pid_file_name: "'/tmp/pgpool.pid'",
        logdir: "'/tmp'",
        backend_hostname0: `'${host}'`,
        backend_port0: port,
        backend_flag0: "'DISALLOW_TO_FAILOVER'",
        enable_pool_hba: "on",
        pool_passwd: `'${rivalFolder}/pool_passwd'`,
        ssl: "off",
        num_init_children: backends,
        max_pool: 1,
        // A client that finds no free process waits in the socket's queue, which has this many places for each process.
        listen_backlog_multiplier: Math.ceil(clients / backends),
        child_life_time: 0,
        connection_cache: "on",
        reset_query_list: "'ABORT; DISCARD ALL'",
        // All that looks at replicas or at queries is off, as there is one server.
        load_balance_mode: "off",
        memory_cache_enabled: "off",
        sr_check_period: 0,
        health_check_period: 0,
        use_watchdog: "off",
    });
}
