import { run } from "../../../lab/run";
import { direct } from "../../e2e/support/database";
import { faultTests, seconds } from "../../e2e/support/fault";
import { changing, containers, pulumi, useStack } from "../../e2e/support/stack";

// Rows of docs/FAULTS.md that are rare, and take long to play.

const on = useStack("rare-faults");
const { fault, cutUp } = faultTests(on);

cutUp("the role exists", () => direct(on, "SELECT 1 FROM pg_roles WHERE rolname = 'pgbouncer'"));
cutUp("pgAdmin's container exists", () => containers("pgadmin"));

fault("a stranger's container on the sidecar's network at destroy", async () => {
    const name = `stranger-${on.lab.id}`;
    await run("docker", [
        "run",
        "-d",
        "--name",
        name,
        "--network",
        on.out.networks.sidecar,
        "--entrypoint",
        "sleep",
        on.images.timescaledb,
        "600",
    ]);
    try {
        const from = Date.now();
        const { code, stdout } = await pulumi(on, ["destroy", ...changing]);
        expect(code).not.toBe(0);
        expect(stdout).toContain("timeout while waiting for state to become 'removed'");
        const said = seconds(from);
        expect((await run("docker", ["inspect", "-f", "{{.State.Running}}", name])).trim()).toBe("true");
        await run("docker", ["network", "disconnect", "-f", on.out.networks.sidecar, name]);
        for (let times = 0; times < 2; times++) expect((await pulumi(on, ["destroy", ...changing])).code).toBe(0);
        return `destroy fails after ${said} (network pg-sidecar: \`timeout while waiting for state to become 'removed'\`), everything but the network is gone and the stranger keeps running; once it is off the network, destroy ends green, and a second one too`;
    } finally {
        await run("docker", ["rm", "-f", "-v", name]);
    }
});
