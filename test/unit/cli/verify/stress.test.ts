import { parseStress } from "../../../../cli/verify/stress";
import { facts } from "./stress";

test("the stress is read by phase", () => {
    expect(facts).toMatchObject({ stress: { from: 0.5, to: 1.5 }, queries: 1200, finished: 30, failures: [], watchError: "" });
    expect(facts.connections.map(({ phase }) => phase)).toEqual(["before", "before", "before", "during", "after"]);
    expect(parseStress("phase|during\n", "psql: error: gone").watchError).toBe("psql: error: gone");
    expect(parseStress("clients|2|ERROR:  query_wait_timeout\nphase|over\n", "").failures).toEqual(["2 × ERROR:  query_wait_timeout"]);
});

test.each([
    [
        "a psql that ended is known by its exit code",
        "watch|3\n",
        "psql:<stdin>:9: FEHLER:  keine Berechtigung\n",
        "psql:<stdin>:9: FEHLER:  keine Berechtigung",
    ],
    ["so is one that says nothing", "watch|0\n", "", "psql ended with exit code 0"],
    ["one that hangs answers no longer", "watch|143\n", "Terminated\n", "the database no longer answered it after the stress"],
])("%s", (_, last, stderr, error) => {
    expect(parseStress(`phase|during\nbackends|1|2\nphase|after\nphase|over\n${last}`, stderr).watchError).toBe(error);
});
