import { parseStress } from "../../../../cli/verify/stress";
import { facts } from "./stress";

test("the stress is read by phase", () => {
    expect(facts).toMatchObject({ stress: { from: 0.5, to: 1.5 }, queries: 1200, finished: 30, failures: [], watchError: "" });
    expect(facts.connections.map(({ phase }) => phase)).toEqual(["before", "before", "before", "during", "after"]);
    expect(parseStress("phase|during\n", "psql: error: gone").watchError).toBe("psql: error: gone");
    expect(parseStress("clients|2|ERROR:  query_wait_timeout\nphase|over\n", "").failures).toEqual(["2 × ERROR:  query_wait_timeout"]);
});
