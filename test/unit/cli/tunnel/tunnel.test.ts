import { HostFacts } from "../../../../preflight/docker";
import { reachRemedy } from "../../../../host/unreachableengine";
import { dialStdio, judgeSshConfig, sshArguments, sshRemedy } from "../../../../host/ssh";
import { parseSettings } from "../../../../settings/settings";
import { stackOf } from "../../../../cli/stack";
import { routeTo } from "../../../../cli/tunnel/route";

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

const plain = { health: "", healthSaid: "", networkMode: "bridge", published: [], exposes: [] };
const host = (running = true): HostFacts => ({
    networks: [{ id: "n", name: "abc" }],
    containers: [
        {
            ...{ id: "d", name: "timescale_db-abc-1", running, volumes: [], hostPorts: [], ...plain },
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

test("ssh is called as the provider does, with what is given first winning over the stack's options", () => {
    expect(sshArguments(settings().docker, ["docker", "version"], ["-o", "ControlPath=none"])).toEqual(
        "-o ControlPath=none -o BatchMode=yes -p 2222 -- me@host docker version".split(" "),
    );
});

test("an IPv6 address goes to ssh without brackets, a login without its escapes, and a path is the engine's socket", () => {
    const docker = { host: "ssh://me%40corp@[::1]:2222", sshOpts: [] };
    expect(sshArguments(docker, ["true"])).toEqual(["-p", "2222", "--", "me@corp@::1", "true"]);
    expect(dialStdio(docker.host).join(" ")).toBe("docker system dial-stdio");
    expect(dialStdio("ssh://me@host/run/docker.sock").join(" ")).toBe("docker --host=unix:///run/docker.sock system dial-stdio");
});

const far = { host: "ssh://me@[::1]:2222", sshOpts: ["-o", "ControlPath=~/.ssh/pg-sidecar-%C"] };

test.each([
    ["me@host: Permission denied (publickey).", "ssh-add"],
    ["Received disconnect from ::1 port 22:2: Too many authentication failures", "IdentitiesOnly yes"],
    ["No ED25519 host key is known for [::1]:2222 and you have requested strict checking.", "ssh -p 2222 me@::1 true"],
    ["@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.", "ssh-keygen -R '[::1]:2222'"],
    ["bash: line 1: docker: command not found", "install Docker"],
    [
        "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
        "usermod -aG docker me; then here, ssh -o ControlPath=~/.ssh/pg-sidecar-%C -O exit -p 2222 me@::1",
    ],
    [
        "failed to open the raw stream connection: dial unix /var/run/docker.sock: connect: permission denied",
        "usermod -aG docker me; then here, ssh",
    ],
    [
        "failed to open the raw stream connection: dial unix /var/run/docker.sock: connect: no such file or directory",
        "systemctl start docker",
    ],
    ["failed to open the raw stream connection: dial unix /var/run/docker.sock: connect: connection refused", "systemctl start docker"],
    [
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
        "ssh -p 2222 me@::1 systemctl start docker",
    ],
    ["ssh: connect to host 192.0.2.1 port 22: Connection timed out", "see that the host is up"],
    ["ssh: connect to host 192.0.2.1 port 22: Connection refused", "start sshd there"],
    ["ssh: Could not resolve hostname nowhere.example: Name or service not known", "take its address"],
    ["Connection timed out during banner exchange", "see that the host is up"],
    ["Timeout, server host not responding.", "see that the host is up"],
    ["kex_exchange_identification: Connection closed by remote host", "see that the host is up"],
    ["Bad owner or permissions on /root/.ssh/config", "chmod 600 ~/.ssh/config"],
    ["/root/.ssh/config: line 3: Bad configuration option: hots", "take the line that it names out"],
    ["spawn ssh ENOENT", "install ssh's client"],
    ["unix_listener: cannot bind to path /root/.ssh/x: No such file or directory", "mkdir -p -m 700 ~/.ssh"],
])("%s has a remedy", (said, remedy) => expect(sshRemedy(far, said)).toContain(remedy));

test("a database that refuses what the tunnel forwards is nothing that ssh's remedies fix", () => {
    expect(sshRemedy(far, "channel 2: open failed: connect failed: Connection refused")).toBeUndefined();
});

test.each([
    ["unix:///var/run/docker.sock", "connect EACCES /var/run/docker.sock", "usermod -aG docker $USER"],
    ["unix:///var/run/docker.sock", "connect ENOENT /var/run/docker.sock", "sudo systemctl start docker"],
    ["tcp://h:2375", "the Docker engine at tcp://h:2375 answers 400 to /networks: Client sent an HTTP request to an HTTPS server.", "pulumi config set docker:certPath FOLDER"],
    ["tcp://h:2376", "write EPROTO 1:error:0A00010B:SSL routines:ssl3_get_record:wrong version number", "pulumi config rm docker:certPath"],
    ["tcp://h:2376", "ENOENT: no such file or directory, open '/c/ca.pem'", "put ca.pem, cert.pem and key.pem into /c"],
    ["tcp://h:2376", "certificate has expired", "the engine's certificate has expired"],
    ["tcp://h:2376", "0:error:0A000415:SSL routines:ssl3_read_bytes:sslv3 alert certificate expired", "our own certificate has expired"],
    ["tcp://h:2376", "unable to verify the first certificate", "ca.pem in /c is not the CA"],
    ["tcp://h:2376", "0:error:0A000418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca", "takes no certificate but its own CA's"],
    ["tcp://h:2376", "socket hang up", "takes no certificate but its own CA's"],
    ["tcp://h:2376", "Hostname/IP does not match certificate's altnames: Host: h. is not in the cert's altnames: DNS:x", "is not for h"],
    ["tcp://h:2375", "getaddrinfo ENOTFOUND h", "no DNS server knows h"],
    ["tcp://h:2375", "connect ECONNREFUSED 127.0.0.1:2375", "nothing listens there"],
    ["tcp://h:2375", "no answer within 20 s", "firewall"],
    ["tcp://h:2375", "Parse Error: Expected HTTP/, RTSP/ or ICE/", "no Docker engine"],
    ["tcp://h:2375", "the Docker engine at tcp://h:2375 answers 403 to /networks: Forbidden", "socket proxy"],
])("an engine at %s that says %s has a remedy", (host, said, remedy) => {
    const tls = host.endsWith("2376") ? { tls: { certPath: "/c" } } : {};
    expect(reachRemedy({ host, sshOpts: [], ...tls }, said)).toContain(remedy);
}); // prettier-ignore

test("an ssh that checks no key or shares no connection is warned of", () => {
    const safe = "stricthostkeychecking true\ncontrolmaster auto\ncontrolpath /root/.ssh/pg-sidecar-1\n";
    expect(judgeSshConfig(safe)).toEqual([]);
    expect(judgeSshConfig("stricthostkeychecking accept-new\ncontrolmaster false\n").map(({ level }) => level)).toEqual([
        "warning",
        "warning",
    ]);
    expect(judgeSshConfig(safe.replace("true", "no"))[0]!.text).toContain("the host's key is not checked");
});
