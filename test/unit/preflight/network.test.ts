import { ContainerFacts, HostFacts } from "../../../host/containers";
import { judgeHost } from "../../../preflight/docker";
import { findDatabaseNetwork, judgeDatabaseNetwork } from "../../../preflight/network";
import { settingsOf } from "../fixture";
import { at, container, nothingOwned, remove, set } from "./fixture";

const settings = settingsOf({ databaseNetwork: "coolify-net" });

describe("a database's network that is not set", () => {
    const unset = { ...settings, databaseNetwork: "" };
    const on = (network: string, more: Partial<ContainerFacts> = {}) =>
        container({ id: "d", name: "timescale_db-abc-1", networks: at(network, "timescale_db"), ...more });
    const host = (...containers: ContainerFacts[]): HostFacts => ({
        networks: ["bridge", "coolify", "abc", "def"].map((name) => ({ id: name, name })),
        containers,
    });
    const both = { ...at("coolify", "timescale_db"), ...at("abc", "timescale_db") };

    test.each<[string, HostFacts, string]>([
        ["is the one on which a container answers to databaseHost", host(on("abc")), "abc"],
        ["is not the proxy's if there is another", host(on("abc", { networks: both })), "abc"],
        ["is the running one's, not that of one which was left over", host(on("def", { running: false }), on("abc")), "abc"],
        ["is that of a stopped one if none runs", host(on("abc", { running: false })), "abc"],
        ["may be the proxy's", host(on("coolify")), "coolify"],
    ])("%s", (_, facts, network) => {
        expect(findDatabaseNetwork(facts, unset)).toBe(network);
        expect(findDatabaseNetwork(facts, settings)).toBe("coolify-net");
    });

    test.each<[string, HostFacts, string, string]>([
        [
            "nobody is it",
            host(),
            "databaseHost: no container on unix:///var/run/docker.sock answers to timescale_db",
            "start the database, or: pulumi config set --stack stage databaseNetwork NETWORK",
        ],
        [
            "one is, but under another name",
            host(on("abc", { networks: at("abc", "pg"), exposes: [5432] })),
            "databaseHost: no container",
            "pulumi config set --stack stage databaseHost pg",
        ],
        [
            "two are it",
            host(on("abc"), on("def")),
            "databaseNetwork: timescale_db is on more than one network of unix:///var/run/docker.sock: abc, def",
            "pulumi config set --stack stage databaseNetwork abc, or another of them",
        ],
    ])("%s: an error with a fix", (_, facts, what, fix) => {
        expect(findDatabaseNetwork(facts, unset)).toMatchObject({ level: "error", what: expect.stringContaining(what), fix });
    });

    test.each(["db.example.com", "10.0.0.5"])(
        "is not looked up for %s outside Docker: the fix makes one, and names no container",
        (databaseHost) => {
            const outside = { ...unset, databaseHost, docker: { host: "ssh://root@h", sshOpts: [] } };
            const facts = host(on("abc", { name: "postgres-coolify", networks: at("abc", "postgres-coolify"), exposes: [5432] }));
            const other = `, or, if the database is a container: ${set} databaseHost NAME`;
            expect(findDatabaseNetwork(facts, outside)).toEqual({
                level: "error",
                what: `databaseNetwork: no container on ssh://root@h answers to ${databaseHost}, and for a host outside Docker the pooler needs a network to reach it by`,
                fix: `docker -H ssh://root@h network create pg-sidecar-database; ${set} databaseNetwork pg-sidecar-database${other}`,
            });
            const made = { ...facts, networks: [...facts.networks, { id: "n", name: "pg-sidecar-database" }] };
            expect(findDatabaseNetwork(made, outside)).toMatchObject({ fix: `${set} databaseNetwork pg-sidecar-database${other}` });
            const after = { ...outside, databaseNetwork: "pg-sidecar-database" };
            expect(findDatabaseNetwork(made, after)).toBe("pg-sidecar-database");
            expect(judgeHost(made, after, nothingOwned)).toEqual([]);
        },
    );

    test("is that of a container whose name has a dot", () => {
        expect(findDatabaseNetwork(host(on("abc", { networks: at("abc", "db.local") })), { ...unset, databaseHost: "db.local" })).toBe(
            "abc",
        );
    });

    const named = (networkMode: string, networks: ContainerFacts["networks"]) =>
        on("abc", { name: "timescale_db", networkMode, networks, exposes: [5432] });
    const nowhere = { aliases: [], addresses: [] };
    const connect = `docker network create pg-sidecar-database; docker network connect --alias timescale_db pg-sidecar-database timescale_db; ${set} databaseNetwork pg-sidecar-database`;
    test.each<[string, ContainerFacts, string, string]>([
        ["Docker's own bridge", named("default", { bridge: nowhere }), "only on bridge, one of Docker's own networks", connect],
        ["no network", named("none", { none: nowhere }), "only on none", `docker network disconnect none timescale_db; ${connect}`],
        [
            "the host's network",
            named("host", { host: nowhere }),
            "network_mode: host",
            `${set} databaseHost $(docker network inspect -f '{{(index .IPAM.Config 0).Gateway}}' pg-sidecar-database)`,
        ],
        [
            "another container's network",
            named("container:web", {}),
            "uses the network of web-1",
            `${set} databaseHost web-1; ${set} databaseNetwork abc`,
        ],
    ])("is none if the database is on %s alone, with a fix that works", (_, database, what, fix) => {
        const web = on("abc", { id: "web", name: "web-1", networks: at("abc") });
        const finding = findDatabaseNetwork(host(database, web), unset);
        expect(finding).toMatchObject({ level: "error", what: expect.stringContaining(what), fix: expect.stringContaining(fix) });
    });
});

describe("a database's network that is set", () => {
    const host: HostFacts = { networks: ["bridge", "abc", "def"].map((name) => ({ id: name, name })), containers: [] };

    test("and is not there is named beside those that are", () => {
        const [finding, ...others] = judgeDatabaseNetwork(host, settings);
        expect(others).toEqual([]);
        expect(finding!.what).toContain("there is no network coolify-net");
        expect(finding!.what).toContain("only abc, def");
        expect(finding!.fix).toContain(`${remove} databaseNetwork`);
    });

    test.each(["coolify-net", "bridge"])("and is %s, for a database outside Docker: the fix makes another", (databaseNetwork) => {
        const [finding, ...others] = judgeDatabaseNetwork(host, { ...settings, databaseNetwork, databaseHost: "db.example.com" });
        expect(others).toEqual([]);
        expect(finding!.fix).toMatch(new RegExp(`^docker network create pg-sidecar-database; ${set} databaseNetwork pg-sidecar-database`));
        const dotted = container({ id: "d", networks: at("abc", "db.example.com") });
        const [looked] = judgeDatabaseNetwork({ ...host, containers: [dotted] }, { ...settings, databaseHost: "db.example.com" });
        expect(looked!.fix).toContain(`${remove} databaseNetwork`);
    });

    test.each(["bridge", "host"])("and is Docker's own network %s is refused, as names don't work there", (name) => {
        const [finding, ...others] = judgeDatabaseNetwork(host, { ...settings, databaseNetwork: name });
        expect(others).toEqual([]);
        expect(finding!.what).toContain(`databaseNetwork: it is ${name}`);
        expect(finding!.fix).toContain(`${remove} databaseNetwork`);
    });

    test("and is there gives no finding", () => {
        expect(judgeDatabaseNetwork(host, { ...settings, databaseNetwork: "abc" })).toEqual([]);
    });
});
