import {
    containerFacts,
    engineLimits,
    inspectHost,
    guardsLoopback,
    knowsStartInterval,
    listContainers,
    readLog,
    stopContainer,
} from "../../../host/containers";
import { FakeEngine, fakeEngine } from "./fakeengine";

const inspected = (id: string): Parameters<typeof containerFacts>[0] => ({
    Id: id,
    Name: `/name-${id}`,
    Image: "sha256:1",
    RestartCount: 2,
    State: {
        Status: "running",
        Running: true,
        ExitCode: 0,
        Error: "",
        StartedAt: "2026-01-01T00:00:00Z",
        Health: { Status: "unhealthy", Log: [{ Output: "first\n" }, { Output: "timed out\n" }] },
    },
    Config: {
        Env: ["A=b"],
        Labels: { "pg-sidecar.stack": "pg-sidecar/stage" },
        ExposedPorts: { "5432/tcp": {} },
        Hostname: "timescale_db",
    },
    Mounts: [{ Type: "volume", Name: "data", RW: true }, { Type: "volume", Name: "read", RW: false }, { Type: "bind" }],
    HostConfig: {
        NetworkMode: "abc",
        PortBindings: { "5432/tcp": [{ HostIp: "127.0.0.1", HostPort: "5433" }], "80/tcp": null },
        ReadonlyRootfs: false,
        CapAdd: null,
        CapDrop: null,
        SecurityOpt: null,
        Privileged: false,
        Memory: 0,
        PidsLimit: null,
    },
    NetworkSettings: {
        Networks: {
            abc: { Aliases: ["db"], IPAddress: "172.18.0.2", GlobalIPv6Address: "fd00::2", Gateway: "172.18.0.1", IPv6Gateway: "fd00::1" },
        },
        Ports: { "5432/tcp": [{ HostIp: "127.0.0.1", HostPort: "5433" }] },
    },
});

let engine: FakeEngine | undefined;
afterEach(() => engine?.close());

test("the facts of a container are what the engine says of it", () => {
    expect(containerFacts(inspected("c1"))).toEqual({
        id: "c1",
        confinement: { readOnly: false, capabilities: true, newPrivileges: true, privileged: false, memory: 0, pids: 0 },
        name: "name-c1",
        owner: "pg-sidecar/stage",
        image: "sha256:1",
        env: ["A=b"],
        status: "running",
        running: true,
        exitCode: 0,
        engineError: "",
        startedAt: "2026-01-01T00:00:00Z",
        restarts: 2,
        health: "unhealthy",
        healthOutput: "timed out",
        networkMode: "abc",
        hostname: "timescale_db",
        networks: { abc: { aliases: ["db"], addresses: ["172.18.0.2", "fd00::2"] } },
        gateways: ["172.18.0.1", "fd00::1"],
        volumes: ["data", "read"],
        writableVolumes: ["data"],
        hostPorts: [5433],
        published: [{ inside: 5432, address: "127.0.0.1", port: 5433 }],
        exposes: [5432],
    });
});

test("the ports that it holds are those of TCP at the loopback or at all addresses", () => {
    const { HostConfig, NetworkSettings, ...rest } = inspected("c1");
    const at = (HostIp: string, HostPort: string) => ({ HostIp, HostPort });
    const PortBindings = {
        "80/tcp": [at("", "1"), at("0.0.0.0", "2"), at("::", "3"), at("127.0.0.1", "4"), at("10.0.0.5", "5050")],
        "9125/udp": [at("", "9125")],
    };
    const facts = containerFacts({ ...rest, HostConfig: { ...HostConfig, PortBindings }, NetworkSettings: { ...NetworkSettings, Ports: PortBindings } }); // prettier-ignore
    expect(facts.hostPorts).toEqual([1, 2, 3, 4]);
    expect(facts.published.map(({ port }) => port)).toEqual([1, 2, 3, 4, 5050, 9125]);
});

test("a hostname is a name on each network, which from Docker 25 on the DNS names alone show", () => {
    const { NetworkSettings, ...rest } = inspected("c1");
    const abc = { ...NetworkSettings.Networks.abc!, DNSNames: ["name-c1", "db", "c1", "timescale_db"] };
    const { networks } = containerFacts({ ...rest, NetworkSettings: { ...NetworkSettings, Networks: { abc } } });
    expect(networks.abc!.aliases).toEqual(["db", "name-c1", "c1", "timescale_db"]);

    // The engine renews the DNS names of a container that was renamed while it was stopped when it starts.
    const abcOfOldName = { ...abc, DNSNames: ["name-before", "db", "c1", "timescale_db"] };
    const stopped = containerFacts({
        ...rest,
        State: { ...rest.State, Running: false },
        NetworkSettings: { ...NetworkSettings, Networks: { abc: abcOfOldName } },
    });
    expect(stopped.networks.abc!.aliases).toEqual(["db", "timescale_db"]);
});

test("a stopped container without labels, health check and ports has none of them", () => {
    const { State, ...rest } = inspected("c1");
    const facts = containerFacts({
        ...rest,
        State: { ...State, Status: "exited", Running: false, Health: undefined },
        Config: { Env: null, Labels: null },
        HostConfig: { ...inspected("c1").HostConfig, NetworkMode: "none", PortBindings: null },
        NetworkSettings: { Networks: { none: { Aliases: null, IPAddress: "", GlobalIPv6Address: "", Gateway: "" } }, Ports: null },
    });
    expect(facts).toMatchObject({ running: false, health: "", env: [], hostPorts: [], published: [], exposes: [], gateways: [] });
    expect(facts.networks).toEqual({ none: { aliases: [], addresses: [] } });
    expect(facts).not.toHaveProperty("owner");
});

test("a host's containers are inspected at the same time, and one that vanishes meanwhile is left out", async () => {
    engine = await fakeEngine({
        "GET /networks": { body: [{ Id: "n", Name: "abc", Labels: null }] },
        "GET /containers/json?all=true": { body: [{ Id: "c1" }, { Id: "gone" }, { Id: "c2" }] },
        "GET /containers/c1/json": { body: inspected("c1"), delay: 50 },
        "GET /containers/c2/json": { body: inspected("c2"), delay: 50 },
    });
    const host = await inspectHost(engine.docker);
    expect(host.networks).toEqual([{ id: "n", name: "abc" }]);
    expect(host.containers.map(({ id }) => id)).toEqual(["c1", "c2"]);
    expect(engine.most()).toBeGreaterThan(1);
});

test("a stack's containers are listed by its label", async () => {
    const filters = encodeURIComponent('{"label":["pg-sidecar.stack=pg-sidecar/stage"]}');
    engine = await fakeEngine({ [`GET /containers/json?all=true&filters=${filters}`]: { body: [{ Id: "c1" }] } });
    expect(await listContainers(engine.docker, "pg-sidecar/stage")).toEqual([{ Id: "c1" }]);
});

test.each<[string | undefined, boolean, boolean?]>([
    ["1.41", false],
    ["1.43", false],
    ["1.44", true],
    ["1.47", true],
    ["1.48", true, true],
    ["1.100", true, true],
    ["2.0", true, true],
    [undefined, false],
])("an engine of API %s knows a startInterval: %s", async (ApiVersion, known, guarded = false) => {
    engine = await fakeEngine({ "GET /version": { body: { ApiVersion } } });
    expect(await knowsStartInterval(engine.docker)).toBe(known);
    expect(await guardsLoopback(engine.docker)).toBe(guarded);
});

test.each([
    [
        { MemoryLimit: true, PidsLimit: true, SwapLimit: false },
        { memory: true, processes: true, swap: false },
    ],
    [
        { MemoryLimit: true, PidsLimit: true, SwapLimit: true },
        { memory: true, processes: true, swap: true },
    ],
    [{}, { memory: false, processes: false, swap: true }],
])("an engine that says %j has the limits %j", async (info, limits) => {
    engine = await fakeEngine({ "GET /info": { body: info } });
    expect(await engineLimits(engine.docker)).toEqual(limits);
});

test("a log that the engine doesn't have is undefined", async () => {
    engine = await fakeEngine({});
    expect(await readLog(engine.docker, "gone", 5)).toBeUndefined();
    expect(engine.requests).toEqual(["GET /containers/gone/logs?stdout=true&stderr=true&timestamps=false&tail=5"]);
});

test("a container that is gone needs no stop, and an engine that can't stop one is an error", async () => {
    engine = await fakeEngine({
        "GET /containers/c1/json": { body: inspected("c1") },
        "POST /containers/c1/stop": { status: 500, body: { message: "cannot stop container" } },
    });
    await stopContainer(engine.docker, "gone");
    expect(engine.requests).toEqual(["GET /containers/gone/json"]);
    await expect(stopContainer(engine.docker, "c1")).rejects.toThrow("answers 500 to POST /containers/c1/stop");
});

test("a container has its own time to stop, and the engine that time to answer", async () => {
    const pooler = inspected("c1");
    engine = await fakeEngine({
        "GET /containers/c1/json": { body: { ...pooler, Config: { ...pooler.Config, StopTimeout: 1 } } },
        "POST /containers/c1/stop": { status: 204, delay: 200 },
        "GET /containers/c2/json": { body: { ...pooler, Config: { ...pooler.Config, StopTimeout: 0 } } },
        "POST /containers/c2/stop": { status: 204, delay: 200 },
    });
    await stopContainer(engine.docker, "c1", 0);
    await expect(stopContainer(engine.docker, "c2", 0)).rejects.toThrow("no answer within 0 s");
});

test.each([
    [
        { CapDrop: ["ALL"], SecurityOpt: ["no-new-privileges:true"], PidsLimit: -1 },
        { capabilities: false, newPrivileges: false, pids: 0 },
    ],
    [
        { CapDrop: ["ALL"], CapAdd: ["NET_ADMIN"], PidsLimit: 5 },
        { capabilities: true, pids: 5 },
    ],
])("the confinement of %j", (config, expected) => {
    const one = inspected("c1");
    expect(containerFacts({ ...one, HostConfig: { ...one.HostConfig, ...config } }).confinement).toMatchObject(expected);
});
