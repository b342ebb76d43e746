import { run, until } from "../../../lab/run";
import { direct } from "../../e2e/support/database";
import { faultTests, seconds } from "../../e2e/support/fault";
import { changing, containers, pulumi, setConfig, useStack } from "../../e2e/support/stack";

// Rows of docs/FAULTS.md that are rare, or take long to play.

const on = useStack("rare-faults");
const { fault, passing, cutUp } = faultTests(on);

cutUp("the role exists", () => direct(on, "SELECT 1 FROM pg_roles WHERE rolname = 'pgbouncer'"));
cutUp("the pooler's container exists", () => containers("pgbouncer"));
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
        return `destroy fails after ${said} (network pg-sidecar: \`timeout while waiting for state to become 'removed'\`). Everything but the network is gone, and the stranger keeps running. Once it is off the network, destroy ends green, and a second one too`;
    } finally {
        await run("docker", ["rm", "-f", "-v", name]);
    }
});

const startedAt = () => run("docker", ["inspect", "-f", "{{.State.StartedAt}}", on.out.pgbouncerContainer]);

passing(
    "the database away for 40 s",
    async () => {
        const before = await startedAt();
        await run("docker", ["stop", on.lab.databaseContainer]);
        await new Promise((resolve) => setTimeout(resolve, 40_000));
        await run("docker", ["start", on.lab.databaseContainer]);
        await until("the database", 60, () => direct(on, "SELECT 1"));
        const from = Date.now();
        await until("the pool to answer again", 60, on.pooledAnswers);
        expect(await startedAt()).toBe(before);
        return `the pooler is unhealthy, and is not restarted for it; the pool answered ${seconds(from)} after the database did`;
    },
    { pause: 90 },
);

fault("an unhealthy new image of the pooler", async () => {
    const before = on.out.pgbouncerContainer;
    await setConfig(on, "pgbouncerImage", on.images.pgadmin);
    try {
        const { said, failures } = await on.clients.connecting(async () => {
            const { code, stdout } = await pulumi(on, ["up", ...changing]);
            expect(code).not.toBe(0);
            expect(stdout).toContain("container failed to be in healthy state");
            expect(stdout).toMatch(/pgbouncer: not found/); // the container's own last words
            expect(stdout).not.toContain(on.lab.databasePassword);
        });
        expect(failures).toEqual([]);
        expect(await containers("pgbouncer")).toContain(before);
        return `\`up\` fails after 45 s (\`container failed to be in healthy state\`) and prints the end of the new container's log; the old pooler keeps serving: ${said}`;
    } finally {
        await setConfig(on, "pgbouncerImage", on.images.pgbouncer);
    }
});
