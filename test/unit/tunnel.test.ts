import { HostFacts } from "../../preflight/dockerhost";
import { judgeSshConfig, sshArguments, sshRemedy } from "../../preflight/ssh";
import { parseSettings } from "../../settings";
import { stackOf } from "../../stackcli";
import { routeTo } from "../../tunnel/route";

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
        {
            ...{ id: "d", name: "timescale_db-abc-1", running, volumes: [], hostPorts: [] },
            networks: { abc: { aliases: ["timescale_db"], address: running ? "172.18.0.2" : "" } },
        },
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
    expect(route).toThrow("Mend it:");
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

test("ssh is called as the provider does, with what is given first winning over the stack's options", () => {
    expect(sshArguments(settings().docker, ["docker", "version"], ["-o", "ControlPath=none"])).toEqual(
        "-o ControlPath=none -o BatchMode=yes -p 2222 -- me@host docker version".split(" "),
    );
});

test.each([
    ["me@host: Permission denied (publickey).", "ssh-add"],
    ["No ED25519 host key is known for [host]:2222 and you have requested strict checking.", "ssh LOGIN"],
    ["bash: line 1: docker: command not found", "install Docker"],
    ["permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock", "usermod -aG docker"],
    ["ssh: connect to host 192.0.2.1 port 22: Connection timed out", "see that the host is up"],
    ["ssh: Could not resolve hostname nowhere.example: Name or service not known", "see that the host is up"],
    ["Connection timed out during banner exchange", "see that the host is up"],
    ["Timeout, server host not responding.", "see that the host is up"],
    ["unix_listener: cannot bind to path /root/.ssh/x: No such file or directory", "mkdir -p -m 700 ~/.ssh"],
])("%s has a remedy", (said, remedy) => expect(sshRemedy(said)).toContain(remedy));

test("a database that refuses what the tunnel forwards is nothing that ssh's remedies mend", () => {
    expect(sshRemedy("channel 2: open failed: connect failed: Connection refused")).toBeUndefined();
});

test("an ssh that checks no key or shares no connection is warned of", () => {
    const safe = "stricthostkeychecking true\ncontrolmaster auto\ncontrolpath /root/.ssh/pg-sidecar-1\n";
    expect(judgeSshConfig(safe)).toEqual([]);
    expect(judgeSshConfig("stricthostkeychecking accept-new\ncontrolmaster false\n").map(({ level }) => level)).toEqual([
        "warning",
        "warning",
    ]);
    expect(judgeSshConfig(safe.replace("true", "no"))[0]!.text).toContain("the host's key is not checked");
});
