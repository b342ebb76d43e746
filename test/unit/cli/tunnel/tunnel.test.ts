import * as net from "net";
import { HostFacts } from "../../../../host/containers";
import { selectedStack, stackIn } from "../../../../cli/stack";
import { Misused } from "../../../../cli/command";
import { destination, routeTo } from "../../../../cli/tunnel/route";
import { theStack, withTunnel, withTunnelIfNeeded } from "../../../../cli/tunnel/tunnel";
import { Overrides, settingsOf } from "../../fixture";
import { container } from "../../preflight/fixture";

const settings = (overrides: Overrides = {}) =>
    settingsOf({ "docker:host": "ssh://me@host:2222", "docker:sshOpts": ["-o", "BatchMode=yes"], "postgresql:port": 15432, ...overrides });

const host = (address: string | null = "172.18.0.2"): HostFacts => ({
    networks: [{ id: "n", name: "abc" }],
    containers: [
        container({
            name: "timescale_db-abc-1",
            running: address !== null,
            networks: { abc: { aliases: ["timescale_db"], addresses: address === null ? [] : [address] } },
        }),
    ],
});

test("the route goes from the provider's port to the database's address, which is looked up", () => {
    expect(routeTo(settings(), host())).toEqual({ localPort: 15432, address: "172.18.0.2", port: 5432 });
});

test("a database with an IPv6 address gets the brackets that ssh needs", () => {
    expect(destination(routeTo(settings(), host("fd00::5")))).toBe("[fd00::5]:5432");
    expect(destination(routeTo(settings(), host()))).toBe("172.18.0.2:5432");
});

test.each(["db.internal.example.com", "10.0.0.7"])(
    "a database that is no container is reached at %s, as the Docker host resolves it",
    (databaseHost) => {
        const outside = settings({ databaseHost, databaseNetwork: "abc" });
        expect(destination(routeTo(outside, host()))).toBe(`${databaseHost}:5432`);
    },
);

test("a container whose name has a dot is looked up", () => {
    const named = (running: boolean): HostFacts => ({
        networks: [{ id: "n", name: "abc" }],
        containers: [container({ running, networks: { abc: { aliases: ["db.local"], addresses: ["172.18.0.3"] } } })],
    });
    expect(routeTo(settings({ databaseHost: "db.local" }), named(true)).address).toBe("172.18.0.3");
    expect(() => routeTo(settings({ databaseHost: "db.local" }), named(false))).toThrow("no running container is db.local");
});

test.each<[string, Record<string, string>, HostFacts, string]>([
    ["a database that does not run", {}, host(null), "no running container is timescale_db on network abc"],
    [
        "a provider that goes elsewhere",
        { "postgresql:host": "db.example.com" },
        host(),
        "pulumi config set --stack stage postgresql:host 127.0.0.1",
    ],
    [
        "a database outside Docker that has no network",
        { databaseHost: "db.example.com" },
        host(),
        "docker -H ssh://me@host:2222 network create pg-sidecar-database; pulumi config set --stack stage databaseNetwork pg-sidecar-database",
    ],
    ["a Docker host without ssh", { "docker:host": "unix:///var/run/docker.sock" }, host(), "the database is at 172.18.0.2:5432"],
])("%s has no route, and a remedy", (_, values, facts, said) => {
    const route = () => routeTo(settings(values), facts);
    expect(route).toThrow(said);
    expect(route).toThrow("Fix:");
});

test("a database that restarts over and over has no address, and its log says why", () => {
    const restarting: HostFacts = {
        networks: [{ id: "n", name: "abc" }],
        containers: [container({ name: "db-1", status: "restarting", networks: { abc: { aliases: ["timescale_db"], addresses: [] } } })],
    };
    expect(() => routeTo(settings(), restarting)).toThrow(
        "container db-1 has no address on network abc of ssh://me@host:2222 now: it is restarting.\n" +
            "Fix: see why, then start the database: docker -H ssh://me@host:2222 logs --tail 20 db-1",
    );
});

test.each<[string[], string | undefined, string]>([
    [["up", "--stack", "prod", "--yes"], "pulumi", "prod"],
    [["up", "-s=org/pg-sidecar/prod"], "pulumi", "org/pg-sidecar/prod"],
    [["up", "-sprod"], "pulumi", "prod"],
    [["up", "-ysprod"], "pulumi", "prod"],
    [["up", "-yfs", "prod"], "pulumi", "prod"],
    [["up", "-rys=prod"], "pulumi", "prod"],
    [["up", "-s", "prod"], "/usr/bin/pulumi", "prod"],
    [["up", "-mstarts", "-ymstarts", "-C", "src", "-Csrc", "-psix", "-vs", "--suppress-progress", "-y=s"], "pulumi", "selected"],
    [["-sprod"], "psql", "selected"],
    [["-s", "-c", "SELECT 1"], "psql", "selected"],
    [["run", "rotate", "--", "--stack", "prod"], "npm", "prod"],
])("the stack of %j under %s is %s", async (args, program, stack) => {
    const before = process.env.PULUMI_STACK;
    process.env.PULUMI_STACK = "selected";
    try {
        expect(await selectedStack(stackIn(args, program))).toBe(stack);
    } finally {
        if (before === undefined) delete process.env.PULUMI_STACK;
        else process.env.PULUMI_STACK = before;
    }
});

test.each<[string | undefined, string[], string | undefined]>([
    ["prod", ["pulumi", "up"], "prod"],
    [undefined, ["pulumi", "up", "--stack", "prod"], "prod"],
    ["org/pg-sidecar/prod", ["pulumi", "up", "-s", "prod"], "org/pg-sidecar/prod"],
    ["prod", ["psql", "-s"], "prod"],
    [undefined, ["psql"], undefined],
])("--stack %s before the command %j means stack %s", (named, [program, ...args], stack) => {
    expect(theStack(named, program!, args)).toBe(stack);
});

test("a tunnel for one stack does not run a command for another", () => {
    expect(() => theStack("stage", "pulumi", ["up", "--stack", "prod"])).toThrow(Misused);
});

describe("under an open tunnel", () => {
    let given: NodeJS.ProcessEnv = {};
    let database: net.Server;
    let port: number;
    const before = process.env.SIDECAR_TUNNEL;
    beforeEach(async () => {
        database = net.createServer((client) => client.once("data", () => client.end("N")));
        await new Promise<void>((listening) => database.listen(0, "127.0.0.1", listening));
        ({ port } = database.address() as net.AddressInfo);
        process.env.SIDECAR_TUNNEL = `stage ssh://me@host:2222 timescale_db ${port}`;
    });
    afterEach(() => {
        database.close();
        if (before === undefined) delete process.env.SIDECAR_TUNNEL;
        else process.env.SIDECAR_TUNNEL = before;
    });
    const work = (env: NodeJS.ProcessEnv) => {
        given = env;
        return Promise.resolve("done");
    };

    test("to the same database no other is opened, and what runs under it is told so", async () => {
        expect(await withTunnelIfNeeded(settings({ "postgresql:port": port }), "org/pg-sidecar/stage", work)).toBe("done");
        expect(given).toEqual({ SIDECAR_TUNNEL: process.env.SIDECAR_TUNNEL, PULUMI_STACK: "org/pg-sidecar/stage" });
    });

    /** The same settings, but for a Docker host that refuses a tunnel. */
    const elsewhere = () => ({
        ...settings({ "postgresql:port": port }),
        docker: { host: "ssh://localhost:1", sshOpts: ["-F", "/dev/null", "-o", "BatchMode=yes"] },
    });

    test("to another database one is opened", async () => {
        await expect(withTunnel(elsewhere(), "stage", work)).rejects.toThrow("ssh://localhost:1");
    });

    test("that has ended, another is opened to the same database", async () => {
        process.env.SIDECAR_TUNNEL = `stage ssh://localhost:1 timescale_db ${port}`;
        expect(await withTunnel(elsewhere(), "stage", work)).toBe("done");
        await new Promise((closed) => database.close(closed));
        await expect(withTunnel(elsewhere(), "stage", work)).rejects.toThrow("ssh://localhost:1");
    });
});

test("a stack whose database is reached directly needs no tunnel", async () => {
    const direct = settings({ "postgresql:host": "db.example.com" });
    expect(await withTunnelIfNeeded(direct, "stage", (env) => Promise.resolve(env))).toEqual({});
});
