/**
 * The exporters' account in their containers, and their user of the console. It sees statistics and changes nothing. It has no password:
 * pgbouncer asks the kernel whose the other end of the socket is, and refuses the user everywhere else.
 */
export const statsAccount = { uid: 65534, name: "nobody" };

/** Where a pooler with exporters has the volume of its sockets, in a folder of its container's id; `run` has the same rule. */
export const socketsDir = "/run/pg-sidecar";

/** Who may log in how, for a pooler with exporters. Without them, pgbouncer has no such file: everybody logs in by SCRAM. */
export function renderHba(): string {
    const { name } = statsAccount;
    return [
        `local pgbouncer ${name} peer`,
        `local all ${name} reject`,
        `host all ${name} 0.0.0.0/0 reject`,
        `host all ${name} ::/0 reject`,
        "local all all scram-sha-256",
        "host all all 0.0.0.0/0 scram-sha-256",
        "host all all ::/0 scram-sha-256",
        "",
    ].join("\n");
}
