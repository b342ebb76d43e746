import { HostFacts } from "../../../../host/containers";
import { parseSettings } from "../../../../settings/settings";
import { stackOf } from "../../../../cli/stack";
import { routeTo } from "../../../../cli/tunnel/route";
import { container } from "../../preflight/fixture";

const settings = (values: Record<string, string> = {}) =>
    parseSettings({
        project: "pg-sidecar",
        stack: "stage",
        values: {
            "docker:host": "ssh://me@host:2222",
            "docker:sshOpts": '["-o","BatchMode=yes"]',
            "pg-sidecar:pgadminEmail": "admin@example.com",
            "postgresql:host": "127.0.0.1",
            "postgresql:port": "15432",
            "postgresql:password": "x",
            ...values,
        },
        secretKeys: ["postgresql:password"],
        env: {},
    });

const host = (running = true): HostFacts => ({
    networks: [{ id: "n", name: "abc" }],
    containers: [
        container({
            name: "timescale_db-abc-1",
            running,
            networks: { abc: { aliases: ["timescale_db"], addresses: running ? ["172.18.0.2"] : [] } },
        }),
    ],
});

test("the route goes from the provider's port to the database's address, which is looked up", () => {
    expect(routeTo(settings(), host())).toEqual({ localPort: 15432, address: "172.18.0.2", port: 5432 });
});

test.each<[string, Record<string, string>, HostFacts, string]>([
    ["a database that does not run", {}, host(false), "no running container is timescale_db on network abc"],
    [
        "a provider that goes elsewhere",
        { "postgresql:host": "db.example.com" },
        host(),
        "pulumi config set --stack stage postgresql:host 127.0.0.1",
    ],
    ["a Docker host without ssh", { "docker:host": "unix:///var/run/docker.sock" }, host(), "the database is at 172.18.0.2:5432"],
])("%s has no route, and a remedy", (_, values, facts, said) => {
    const route = () => routeTo(settings(values), facts);
    expect(route).toThrow(said);
    expect(route).toThrow("Fix:");
});

test.each<[string[], string | undefined, string]>([
    [["up", "--stack", "prod", "--yes"], "pulumi", "prod"],
    [["up", "-s=org/pg-sidecar/prod"], "pulumi", "org/pg-sidecar/prod"],
    [["-s", "-c", "SELECT 1"], "psql", "selected"],
    [["run", "rotate", "--", "--stack", "prod"], "npm", "prod"],
])("the stack of %j under %s is %s", async (args, program, stack) => {
    const before = process.env.PULUMI_STACK;
    process.env.PULUMI_STACK = "selected";
    try {
        expect(await stackOf(args, program)).toBe(stack);
    } finally {
        if (before === undefined) delete process.env.PULUMI_STACK;
        else process.env.PULUMI_STACK = before;
    }
});
