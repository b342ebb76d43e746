import { perTransaction } from "../../../../cli/bench/profile";
import { countSamples } from "../../../../cli/bench/samples";

const sample = (program: string, ...frames: string[]) => [program.padEnd(12), ...frames.map((frame) => `\t${frame.padStart(20)}`), "", ""].join("\n"); // prettier-ignore
const kernel = (...symbols: string[]) => symbols.map((symbol, at) => `ffffffff8100000${at} ${symbol}`);

const printed = [
    sample("pgbouncer", "55d0c0de [unknown]", "55d0c0df [unknown]"),
    sample("pgbouncer", ...kernel("tcp_ack", "tcp_sendmsg", "__sys_sendto", "__x64_sys_sendto", "do_syscall_64"), "7f12 __send"),
    sample("postgres", ...kernel("tcp_recvmsg", "__arm64_sys_recvfrom", "invoke_syscall")),
    sample("postgres", ...kernel("schedule", "ep_poll", "__x64_sys_epoll_wait")),
    sample("postgres", ...kernel("update_curr", "asm_sysvec_apic_timer_interrupt"), "55aa ExecScan"),
    sample("postgres", ...kernel("vfs_fstat", "__x64_sys_newfstat")),
    sample("pgbench", "7f00 PQgetResult"),
    sample("node", "1234 main"),
    sample("swapper", ...kernel("pv_native_safe_halt", "do_idle")),
    sample("swapper", ...kernel("pv_native_safe_halt", "do_idle")),
]
    .join("")
    .split("\n");

test("a sample belongs to its program, and to the system call that its chain is in", async () =>
    expect(await countSamples(printed)).toEqual({
        pgbouncer: { "own code": 1, sending: 1, receiving: 0, waiting: 0, "rest of the kernel": 0 },
        postgres: { "own code": 0, sending: 0, receiving: 1, waiting: 1, "rest of the kernel": 2 },
        pgbench: { "own code": 1, sending: 0, receiving: 0, waiting: 0, "rest of the kernel": 0 },
    }));

test("samples are microseconds of a transaction", async () => {
    const { of } = perTransaction(await countSamples(printed), 1009);
    expect([of.pgbouncer.sending, of.postgres["rest of the kernel"]]).toEqual([1, 2]);
});

test("nothing printed is no sample", async () => expect(Object.values((await countSamples([])).pgbouncer)).toEqual([0, 0, 0, 0, 0]));
