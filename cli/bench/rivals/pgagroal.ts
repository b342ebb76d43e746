import { checked, keyLines, Rival, rivalFolder, RivalSettings } from "./rival";

/** pgagroal pools by transaction, a process for each client. Its start script encrypts the password for it. */
export const pgagroal: Rival = {
    name: "pgagroal",
    is: "its transaction pipeline, which resets nothing between clients",
    program: "pgagroal",
    files: (settings) => {
        const { database, role, password, backends } = checked(settings);
        return [
            { name: "pgagroal.conf", text: conf(settings) },
            { name: "hba.conf", text: `host ${database} ${role} all scram-sha-256\n` },
            // DATABASE USER MAX INITIAL MIN: in this pipeline only a login opens a backend, so all of them are open from the start.
            { name: "databases.conf", text: `${database} ${role} ${backends} ${backends} ${backends}\n` },
            { name: "password", text: `${password}\n` },
        ];
    },
    command: ({ role }) => ["start-pgagroal", rivalFolder, role],
    cannot: ({ protocol, clients }, { backends }) => {
        if (protocol === "prepared") {
            return `it keeps a prepared statement on the backend that parsed it: 'prepared statement "P_0" does not exist' on another`;
        }
        return clients > 2 * backends ? "clients that wait starve: of 100, one got no backend for 90 s and was aborted" : undefined;
    },
};

function conf({ host, port, backends, clients, wait, listenPort }: RivalSettings): string {
    const own = keyLines({
        host: "*",
        port: listenPort,
        unix_socket_dir: "/tmp",
        log_type: "console",
        log_level: "warn",
        pipeline: "transaction",
        max_connections: backends,
        // Not 0, as pgagroal's manual has it: clients that wait for a backend would then spin, and logins be refused.
        blocking_timeout: wait,
        idle_timeout: 0,
        allow_unknown_users: "false",
        tls: "off",
        backlog: clients,
        // Titles cost a system call, and the pooler that it is compared with sets none.
        update_process_title: "never",
    });
    return `[pgagroal]\n${own}\n[database]\n${keyLines({ host, port })}`;
}
