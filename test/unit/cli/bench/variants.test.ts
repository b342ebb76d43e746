import { renderInis } from "../../../../components/pgbouncer/ini";
import { modelIni } from "../../../../cli/bench/pooler";
import { variants } from "../../../../cli/bench/variants";
import { deployed } from "../../../../settings/deployed";
import { settingsOf } from "../../fixture";

const ini = (name: string) => {
    const { changes, edit } = variants.find((one) => one.name === name)!;
    return renderInis({ ...settingsOf(), ...changes }).map((text) => edit?.(text) ?? text);
};
const lines = (text: string) => text.split("\n");
const changed = (name: string) => {
    const [before, after] = [lines(ini("strict")[0]!), lines(ini(name)[0]!)];
    return { gone: before.filter((line) => !after.includes(line)), come: after.filter((line) => !before.includes(line)) };
};

test("strict-enforced has another reset, on its one line", () => {
    const { gone, come } = changed("strict-enforced");
    expect([gone, come.length, come[0]]).toEqual([["server_reset_query = DISCARD ALL"], 1, expect.stringMatching(/^server_reset_query = SET exit_on_error/)]); // prettier-ignore
});

test.each([
    ["fast", ["server_reset_query_always = 1"], ["server_reset_query_always = 0"]],
    ["tls-database", ["server_tls_sslmode = disable"], ["server_tls_sslmode = require"]],
    ["runbook", ["max_db_connections = 16", "server_reset_query_always = 1"], ["server_reset_query_always = 0"]],
])("%s differs from strict in nothing else", (name, gone, come) => expect(changed(name)).toEqual({ gone, come }));

test("the experimental reset replaces DISCARD ALL on its one line", () => {
    expect(changed("strict-kept").gone).toEqual(["server_reset_query = DISCARD ALL"]);
    expect(changed("strict-kept").come).toHaveLength(1);
    expect(changed("strict-kept").come[0]).toMatch(/^server_reset_query = CLOSE ALL; .*DISCARD SEQUENCES; DO '/);
});

test("the experimental buffers and queues leave pgbouncer's own tcp_defer_accept", () => {
    expect(changed("strict-tuned").gone).toEqual(["tcp_defer_accept = 0"]);
    expect(changed("strict-tuned").come).toEqual(["pkt_buf = 65536", "tcp_socket_buffer = 262144", "listen_backlog = 4096"]);
});

test("two processes share the sizes of one", () => {
    expect(ini("strict-2").map((text) => /^max_db_connections = (\d+)$/m.exec(text)?.[1])).toEqual(["8", "8"]);
});

test("bench's poolers have the sizes that are deployed, not those that only the next up brings", () => {
    const running = deployed(settingsOf({ maxDbConnections: 16, defaultPoolSize: 8, processes: 1, listenPort: 6432 }));
    const next = settingsOf({ maxDbConnections: 90, defaultPoolSize: 40, processes: 2, listenPort: 6433, queryWaitTimeout: 7 });
    const ini = modelIni(next, running);
    expect(ini).toMatchObject({ maxDbConnections: 16, defaultPoolSize: 8, processes: 1, listenPort: 6432, queryWaitTimeout: 7 });
});
