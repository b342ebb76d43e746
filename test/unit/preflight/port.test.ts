import { listensOn } from "../../../preflight/port";

test("a program that listens on a port of the far host is read from its table of sockets", () => {
    const line = (local: string, state: string) => `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 4242 1`;
    const table = ["  sl  local_address rem_address   st tx_queue", line("0100007F:13BA", "0A"), line("0100007F:13BB", "01"), line("050011AC:13BC", "0A"), line("00000000000000000000000000000000:13BD", "0A")].join("\n");
    expect([0x13ba, 0x13bb, 0x13bc, 0x13bd, 0x13be].map((port) => listensOn(table, port))).toEqual([true, false, false, true, false]);
}); // prettier-ignore
