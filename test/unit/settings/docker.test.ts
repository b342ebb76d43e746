import { complaint, Overrides, settingsOf } from "../fixture";

test.each(["localhost", "unix:/var/run/docker.sock", "ssh://", "ssh://me@host:port"])(
    "docker:host %s is refused, with the three forms that work",
    (value) => {
        const said = complaint({ "docker:host": value });
        expect(said).toContain(`docker:host is ${JSON.stringify(value)}: it must be unix:///PATH, tcp://HOST:PORT or ssh://USER@HOST`);
        expect(said).toContain("pulumi config set --stack stage docker:host ssh://USER@HOST");
    },
);

test.each(["-o BatchMode=yes", '{"o":1}', "[1]"])("docker:sshOpts that are not a list (%s) are refused, with the fix", (value) => {
    const said = complaint({ "docker:sshOpts": value });
    expect(said).toContain(`docker:sshOpts is ${JSON.stringify(value)}: it must be a list`);
    expect(said).toContain("pulumi config rm --stack stage docker:sshOpts");
});

test("a Docker context is refused, because the provider would use another engine", () => {
    const said = complaint({}, { env: { DOCKER_CONTEXT: "laptop" } });
    expect(said).toContain(
        `docker:context is "laptop": the provider would use that context's engine, while everything else uses docker:host (unix:///var/run/docker.sock)`,
    );
    expect(said).toContain(
        "Fix: unset DOCKER_CONTEXT; pulumi config set --stack stage docker:host $(docker context inspect laptop -f '{{.Endpoints.docker.Host}}')",
    );
});

describe("certificates of the engine", () => {
    const tcp = { "docker:host": "tcp://engine:2376" };
    const all = { "docker:caMaterial": "CA", "docker:certMaterial": "CERT", "docker:keyMaterial": "KEY" };
    const remove = Object.keys(all).map((key) => `pulumi config rm --stack stage ${key}`);

    test("go with TCP, as a folder or all three", () => {
        expect(settingsOf({ ...tcp, "docker:certPath": "/certs" }).docker.tls).toEqual({ certPath: "/certs" });
        expect(settingsOf({ ...tcp, ...all }).docker.tls).toEqual({ ca: "CA", cert: "CERT", key: "KEY" });
        expect(complaint({ ...tcp, ...all }, { secretKeys: ["postgresql:password"] })).toContain(
            "pulumi config set --stack stage --secret docker:keyMaterial < key.pem",
        );
    });

    test.each<[string, Overrides, string, string]>([
        ["over ssh", { "docker:host": "ssh://me@there" }, "docker:host is ssh://me@there", "unset DOCKER_CERT_PATH"],
        ["beside the three", { ...tcp, ...all }, "can't be combined with docker:certPath", remove.join("; ")],
    ])("a folder %s is refused", (_, values, what, remedy) => {
        const said = complaint(values, { env: { DOCKER_CERT_PATH: "/certs" } });
        expect(said).toContain(what);
        expect(said).toContain(`Fix: ${remedy}`);
        expect(said).toContain("a mistake");
    });

    test("that are incomplete are refused", () => {
        const said = complaint({ ...tcp, "docker:caMaterial": "CA" });
        expect(said).toContain("docker:certMaterial needs docker:caMaterial and docker:keyMaterial as well");
        expect(said).toContain(`Fix: ${remove[0]}; pulumi config set --stack stage docker:certPath FOLDER`);
    });
});

test.each([
    ["ssh://root:hunter22@host:2222", "has a password", "docker:host ssh://root@host:2222 "],
    ["ssh://root@host?x=1", "has more than a host: ?x=1", "docker:host ssh://root@host "],
    ["tcp://host:2375#x", "has more than a host: #x", "docker:host tcp://host:2375 "],
    ["ssh://root:hunter22@host:99999", 'is "ssh://root:(hidden)@host:99999"', "docker:host ssh://USER@HOST"],
    ["root@host", 'is "root@host"', "docker:host ssh://USER@HOST"],
])("the Docker host %s is refused without its secret", (host, what, remedy) => {
    const said = complaint({ "docker:host": host });
    expect(said).toContain(`docker:host ${what}`);
    expect(said).toContain(`pulumi config set --stack stage ${remedy}`);
    expect(said).not.toContain("hunter22");
});

test.each(["ssh://root@[::1]:2222", "ssh://me%40corp@host", "ssh://root@host/run/user/1000/docker.sock", "tcp://[::1]:2376"])(
    "the Docker host %s is accepted",
    (host) => expect(settingsOf({ "docker:host": host }).docker.host).toBe(host),
);
