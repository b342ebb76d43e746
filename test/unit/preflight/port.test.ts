import * as net from "net";
import { judgePorts, listensOn } from "../../../preflight/port";
import { settingsOf } from "../fixture";

test("a program that holds one of the exporters' ports is named, with ports beside them", async () => {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as net.AddressInfo;
    const docker = { host: "unix:///var/run/docker.sock", sshOpts: [] };
    const settings = { ...settingsOf({ metrics: true, metricsPort: port - 1 }), docker };
    const found = await judgePorts({ networks: [], containers: [] }, settings);
    expect(found).toMatchObject([
        {
            what: `metricsPort: a program on this machine already listens on port ${port}`,
            fix: expect.stringContaining("pulumi config set --stack stage metricsPort "),
        },
    ]);
    expect(await judgePorts({ networks: [], containers: [] }, { ...settings, metrics: false })).toEqual([]);
    await new Promise((resolve) => server.close(resolve));
});

test("a program that listens on a port of the far host is read from its table of sockets", () => {
    const line = (local: string, state: string) => `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 4242 1`;
    const table = ["  sl  local_address rem_address   st tx_queue", line("0100007F:13BA", "0A"), line("0100007F:13BB", "01"), line("050011AC:13BC", "0A"), line("00000000000000000000000000000000:13BD", "0A")].join("\n");
    expect([0x13ba, 0x13bb, 0x13bc, 0x13bd, 0x13be].map((port) => listensOn(table, port))).toEqual([true, false, false, true, false]);
}); // prettier-ignore
