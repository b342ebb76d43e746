import { inOrder, renderLastWords, withoutSecrets } from "../../../components/failure";

const state = { Status: "running", ExitCode: 0, Error: "" };
const render = (State: Parameters<typeof renderLastWords>[2]["State"], log: string, RestartCount = 0) =>
    renderLastWords("pgbouncer-1a2b3c4", 45, { State, RestartCount }, log, "docker -H ssh://root@host");

test("a container's last words are its health check's and its log's", () => {
    const Health = { Status: "starting", Log: [{ Output: "first\n" }, { Output: "refused\nreally\n" }] };
    expect(render({ ...state, Health }, "ERROR unknown parameter\nFATAL cannot load\n")).toBe(
        [
            "pgbouncer-1a2b3c4 is not healthy yet, and this run fails if it is not within 45 s of its start. It is running.",
            "Its health check says:",
            "    refused",
            "    really",
            "Its log ends with (all of it: docker -H ssh://root@host logs pgbouncer-1a2b3c4):",
            "    ERROR unknown parameter",
            "    FATAL cannot load",
        ].join("\n"),
    );
});

test("of one that doesn't run they say how it ended, and what the engine says", () => {
    const said = render({ Status: "restarting", ExitCode: 127, Error: "exec: no such file" }, "", 5);
    expect(said).toContain("It is restarting (exit code 127), after 5 restarts.");
    expect(said).toContain("The engine says:\n    exec: no such file");
    expect(said).toContain("Its log is empty.");
});

test("lines of both streams come in the order in which they were written", () => {
    const stdout = "2026-11-26T00:00:01.000000001Z one\n2026-11-26T00:00:03.000000001Z \n";
    const stderr = "2026-11-26T00:00:02.000000001Z  two\n";
    expect(inOrder({ stdout, stderr })).toBe("one\n two\n");
});

test("no secret of six characters or more is among them", () => {
    expect(withoutSecrets("FATAL: hunter22, hunter22!; abc", ["hunter22\n", "abc", ""])).toBe("FATAL: [secret], [secret]!; abc");
});
