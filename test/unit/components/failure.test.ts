import { inOrder, renderFailure } from "../../../components/failure";

const running = { name: "pgbouncer-1a2b3c4", status: "running", exitCode: 0, engineError: "", healthOutput: "", restarts: 0 };
const render = (more: Partial<typeof running>, log: string) =>
    renderFailure({ ...running, ...more }, { waitTimeout: 45, log, docker: "docker -H ssh://root@host" });

test("a container that does not become healthy is explained by its health check and its log", () => {
    expect(render({ healthOutput: "refused\nreally" }, "ERROR unknown parameter\nFATAL cannot load\n")).toBe(
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

test("one that doesn't run is explained by its exit code, and by what the engine says", () => {
    const text = render({ status: "restarting", exitCode: 127, engineError: "exec: no such file", restarts: 5 }, "");
    expect(text).toContain("It is restarting (exit code 127), after 5 restarts.");
    expect(text).toContain("The engine says:\n    exec: no such file");
    expect(text).toContain("Its log is empty.");
});

test("lines of both streams come in the order in which they were written", () => {
    const stdout = "2026-11-26T00:00:01.000000001Z one\n2026-11-26T00:00:03.000000001Z \n";
    const stderr = "2026-11-26T00:00:02.000000001Z  two\n";
    expect(inOrder({ stdout, stderr })).toBe("one\n two\n");
});

test("a log whose words have a fix of their own ends with it", () => {
    const render = (fix?: string) => renderFailure(running, { waitTimeout: 45, log: "certificate verify failed", docker: "docker", fix });
    expect(render("set the CA")).toMatch(/\n {4}certificate verify failed\nFix: set the CA; then run this up again$/);
    expect(render()).not.toContain("Fix:");
});
