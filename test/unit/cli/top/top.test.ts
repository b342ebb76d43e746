import { spawn } from "child_process";
import { project } from "../../../../lab/paths";

/** Shows the live screen of a stack that can't be looked at, and prints a line for each look, and when it ended. */
const program = `
const stub = (file, exports) => (require.cache[require.resolve(file)] = { loaded: true, exports });
stub("./cli/stack", { selectedStack: async () => "stage" });
stub("./cli/labstack", { useLab: async () => undefined });
stub("./cli/verify/target", { findTarget: async () => ({ stack: "stage" }) });
stub("./cli/top/snapshot", { takeSnapshot: async () => { console.error("looks"); throw new Error("no route to host"); } });
process.stdout.isTTY = true;
process.once("exit", () => console.error("ended at " + Date.now()));
require("./cli/top/top").top({ interval: 5 });
`;

test.each(["SIGTERM", "SIGINT"] as const)("without a stdin it looks again until %s, and leaves the terminal as it was", async (signal) => {
    const child = spawn("node", ["--require", "ts-node/register/transpile-only", "-e", program], {
        cwd: project,
        env: { ...process.env, TERM: "xterm-256color" },
        stdio: ["ignore", "pipe", "pipe"],
    });
    let [shown, said] = ["", ""];
    let signalled = 0;
    const looks = () => said.split("looks").length - 1;
    child.stdout.on("data", (text: Buffer) => (shown += text.toString()));
    child.stderr.on("data", (text: Buffer) => {
        said += text.toString();
        if (looks() < 2 || signalled > 0) return;
        signalled = Date.now();
        child.kill(signal);
    });
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect(looks()).toBeGreaterThanOrEqual(2);
    expect(code).toBe(0);
    const ended = Number(/ended at (\d+)/.exec(said)![1]);
    expect(ended - signalled).toBeLessThan(4000); // it does not wait for the next look, which comes after 5 s
    expect(shown.lastIndexOf("\u001b[?1049l")).toBeGreaterThan(shown.lastIndexOf("no route to host"));
});
