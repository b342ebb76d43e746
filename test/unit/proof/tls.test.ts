import { connectionTime, latencies, quantile } from "../../proof/tls";

test("a quantile is one of the values", () => {
    const values = Array.from({ length: 100 }, (_, at) => 100 - at);
    expect([quantile(values, 0.5), quantile(values, 0.99), quantile([3], 0.99)]).toEqual([51, 100, 3]);
});

test("a log of pgbench has microseconds, and its report the time of a connection", () => {
    expect(latencies("0 1 412 0 1795704473 12\n1 1 1500 0 1795704473 13 7\n")).toEqual([0.412, 1.5]);
    const printed = "number of failed transactions: 0 (0.000%)\nlatency average = 0.4 ms\naverage connection time = 6.553 ms\n";
    expect(connectionTime(printed)).toBe(6.553);
    expect(() => connectionTime(printed.replace("transactions: 0 ", "transactions: 2 "))).toThrow("pgbench");
});
