import { DatabaseFacts } from "../../../preflight/database";
import { ContainerFacts, findDatabaseNetwork, HostFacts, judgeHost, listensOn } from "../../../preflight/docker";
import { Finding, forStack } from "../../../findings/finding";
import { judgeHealth } from "../../../preflight/health";
import { findLeftovers, findMissing } from "../../../preflight/leftovers";
import { judgeState } from "../../../preflight/preflight";
import { OwnedResources, ownedResources } from "../../../preflight/state";
import { parseSettings } from "../../../settings/settings";

const settings = parseSettings({
    project: "pg-sidecar",
    stack: "stage",
    values: {
        "pg-sidecar:databaseNetwork": "coolify-net",
        "pg-sidecar:pgadminEmail": "admin@example.com",
        "pg-sidecar:pgadminPort": "5050",
        "postgresql:host": "127.0.0.1",
        "postgresql:password": "x",
    },
    secretKeys: ["postgresql:password"],
    env: {},
});
const owner = "pg-sidecar/stage";
const unknown: OwnedResources = { owner, former: [], ids: [], roles: [], functions: [] };
const plain = { health: "", healthSaid: "", networkMode: "bridge", published: [], exposes: [] };

test("the commands of a remedy name the stack, once", () => {
    const text = "Mend it: pulumi config set a 1; pulumi config rm b   (or pulumi config set --stack prod c 2)";
    expect(forStack("stage", text)).toBe(
        "Mend it: pulumi config set --stack stage a 1; pulumi config rm --stack stage b   (or pulumi config set --stack prod c 2)",
    );
});

describe("the Docker host", () => {
    const other: ContainerFacts = { id: "c0", name: "web", running: true, networks: {}, volumes: [], hostPorts: [], ...plain };
    const at = (network: string, ...aliases: string[]) => ({ [network]: { aliases, address: "172.18.0.9" } });
    const pooler = { networks: at("coolify-net", "pgbouncer") };
    const database: Partial<ContainerFacts> = {
        id: "db",
        name: "timescale_db-abc-1",
        networks: at("coolify-net", "timescale_db"),
        exposes: [5432],
    };
    const on = (...containers: Partial<ContainerFacts>[]): HostFacts => ({
        networks: ["bridge", "coolify-net", "coolify", "other-net"].map((name) => ({ id: name, name })),
        containers: containers.map((one) => ({ ...other, ...one })),
    });
    const facts = (...containers: Partial<ContainerFacts>[]) => on(database, ...containers);
    const judge = (host: HostFacts, more: Partial<typeof settings> = {}) => judgeHost(host, { ...settings, ...more }, unknown);

    test("as it should be gives no finding, with the stack's own containers on it too", () => {
        const own = { owner, ...pooler, volumes: ["pgadmin-data"], hostPorts: [5050] };
        expect(judge(facts({}, own))).toEqual([]);
        const former = { ...own, id: "c", owner: "pg-sidecar/former" };
        expect(judgeHost(facts({}, former), settings, { owner, ids: ["c"] })).toEqual([]);
        expect(judge(facts({}, former))).toHaveLength(3);
    });

    test("a network that isn't there is named beside those that are", () => {
        const [finding, ...others] = judge(facts(), { databaseNetwork: "gone-net" });
        expect(others).toEqual([]);
        expect(finding!.text).toContain("there is no network gone-net");
        expect(finding!.text).toContain("only coolify-net, coolify, other-net");
        expect(finding!.text).toContain("Fix: pulumi config rm databaseNetwork");
    });

    test.each(["bridge", "host"])("Docker's own network %s is refused, as names don't work there", (name) => {
        const [finding, ...others] = judge(facts(), { databaseNetwork: name });
        expect(others).toEqual([]);
        expect(finding!.text).toContain(`databaseNetwork: it is ${name}`);
        expect(finding!.text).toContain("Fix: pulumi config rm databaseNetwork");
    });

    describe("who answers to databaseHost", () => {
        const stopped = { ...database, running: false };
        test.each<[string, Partial<ContainerFacts>[], string, RegExp[]]>([
            ["nobody, but on another network", [{ ...database, networks: at("other-net", "timescale_db") }], "error", [/one does on other-net\. Fix: pulumi config set databaseNetwork other-net$/]],
            ["nobody, though a database is there under its own name", [{ networks: at("coolify-net") }, { ...database, networks: at("coolify-net", "db") }], "error", [/Fix: pulumi config set databaseHost timescale_db-abc-1$/]],
            ["nobody, though a service with an alias is there", [{ id: "ffff", networks: at("coolify-net", "ffff", "postgres") }], "error", [/Fix: pulumi config set databaseHost postgres$/]],
            ["nobody at all", [], "error", [/no container answers to timescale_db .* Fix: start the database/]],
            ["one that is stopped", [stopped], "unchecked", [/timescale_db-abc-1 is stopped\. Fix: docker start timescale_db-abc-1$/]],
            ["two, one by its name", [database, { name: "timescale_db", networks: at("coolify-net") }], "error", [/2 containers answer .*: timescale_db-abc-1, timescale_db\./, /docker network disconnect coolify-net timescale_db-abc-1 && docker network connect coolify-net timescale_db-abc-1, or: docker rename timescale_db timescale_db-2$/]],
        ])("%s", (_, containers, level, said) => {
            const [finding, ...others] = judge(on(...containers));
            expect(others).toEqual([]);
            expect(finding!.level).toBe(level);
            for (const pattern of said) expect(finding!.text).toMatch(pattern);
        }); // prettier-ignore

        test("is one, though a stopped one has the same name", () => {
            expect(judge(facts({ ...stopped, id: "old" }))).toEqual([]);
        });

        test.each(["10.0.0.5", "fd00--5.ip6", "db.example.com"])("is not looked for where %s is another server's", (databaseHost) => {
            expect(judge(on(), { databaseHost })).toEqual([]);
        });
    });

    describe("who else has our names", () => {
        const proxied = { pgadminDomain: "pgadmin.example.com", proxyNetwork: "coolify" };
        test.each<[string, Partial<ContainerFacts>, Partial<typeof settings>]>([
            ["by an alias", pooler, {}],
            ["by its name", { name: "pgbouncer", networks: at("coolify-net") }, {}],
            ["by its name on the proxy's network, where pgAdmin looks it up", { name: "pgbouncer", networks: at("coolify") }, proxied],
        ])("%s: refused with the container's name", (_, clash, more) => {
            const [finding, ...others] = judge(facts(clash), more);
            expect(others).toEqual([]);
            expect(finding!.level).toBe("error");
            expect(finding!.text).toContain(`container ${clash.name ?? "web"} on`);
            expect(finding!.text).toContain("Fix: pulumi config set pgbouncerAlias pgbouncer-stage");
        });

        test("nobody, where the proxy's network is not pgAdmin's", () => {
            expect(judge(facts({ name: "pgbouncer", networks: at("coolify") }))).toEqual([]);
        });

        test("a stopped one is a warning", () => {
            const [finding, ...others] = judge(facts({ ...pooler, running: false }));
            expect(others).toEqual([]);
            expect(finding).toMatchObject({ level: "warning", text: expect.stringContaining("docker rm web") });
        });

        test("a stranger on the stack's own network that is called pgadmin is a warning", () => {
            const host = facts({ name: "pgadmin", networks: at("pg-sidecar-1") });
            const [finding] = judge({ ...host, networks: [...host.networks, { id: "n", name: "pg-sidecar-1", owner }] });
            expect(finding).toMatchObject({
                level: "warning",
                text: expect.stringContaining("docker network disconnect -f pg-sidecar-1 pgadmin"),
            });
        });

        test.each<[string, Partial<ContainerFacts>, string]>([
            ["volume", { volumes: ["pgadmin-data"], owner: "pg-sidecar/copy" }, "of stack pg-sidecar/copy"],
            ["port", { hostPorts: [5050] }, "pulumi config set pgadminPort 5051, or: docker stop web"],
        ])("another container's %s is refused with its name", (_, clash, said) => {
            const [finding, ...others] = judge(facts(clash));
            expect(others).toEqual([]);
            expect(finding!.text).toContain("container web");
            expect(finding!.text).toContain(said);
        });
    });

    describe("a way past the pooler is a warning", () => {
        const proxied = { pgadminDomain: "pgadmin.example.com", proxyNetwork: "coolify" };
        const both = { ...database, networks: { ...database.networks!, ...at("coolify", "timescale_db") } };
        const published = (address: string) => ({ ...database, published: [{ inside: 5432, address, port: 5433 }] });
        test.each<[string, Partial<ContainerFacts>, Partial<typeof settings>, string]>([
            ["a database on the proxy's network as well", both, proxied, "docker network disconnect coolify timescale_db-abc-1"],
            ["the proxy's network as the database's only one", database, { ...proxied, proxyNetwork: "coolify-net" }, "docker network create pg-sidecar-database; docker network connect --alias timescale_db pg-sidecar-database timescale_db-abc-1; pulumi config set databaseNetwork pg-sidecar-database"],
            ["a port published to all", published("0.0.0.0"), {}, "publish it as 127.0.0.1:5433:5432"],
        ])("%s", (_, one, more, fix) => {
            const [finding, ...others] = judge(on(one), more);
            expect(others).toEqual([]);
            expect(finding).toMatchObject({ level: "warning", text: expect.stringContaining("past the pooler") });
            expect(finding!.text).toContain(fix);
            expect(judge(on(one), { ...more, pgadminDirect: true })).toEqual([]);
        }); // prettier-ignore

        test("but not a port on the host's loopback, nor the proxy's network where pgAdmin is not on it", () => {
            expect(judge(on(published("127.0.0.1")))).toEqual([]);
            expect(judge(on(both))).toEqual([]);
        });
    });
});

test("a program that listens on a port of the far host is read from its table of sockets", () => {
    const line = (local: string, state: string) => `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 4242 1`;
    const table = ["  sl  local_address rem_address   st tx_queue", line("0100007F:13BA", "0A"), line("0100007F:13BB", "01"), line("050011AC:13BC", "0A"), line("00000000000000000000000000000000:13BD", "0A")].join("\n");
    expect([0x13ba, 0x13bb, 0x13bc, 0x13bd, 0x13be].map((port) => listensOn(table, port))).toEqual([true, false, false, true, false]);
}); // prettier-ignore

describe("the health of what the stack has", () => {
    const resource = { type: "docker:index/container:Container", id: "c1", urn: "urn:pulumi:stage::pg-sidecar::x::pgadmin" };
    const one: ContainerFacts = { id: "c1", name: "pgadmin-1", running: true, networks: {}, volumes: [], hostPorts: [], ...plain };
    const judge = (more: Partial<ContainerFacts>) =>
        judgeHealth({ deployment: { resources: [resource] } }, { networks: [], containers: [{ ...one, ...more }] }, settings);

    test("is no finding while it is healthy, starting, stopped or a stranger's", () => {
        const unhealthy = { health: "unhealthy" };
        for (const more of [
            {},
            { health: "healthy" },
            { health: "starting" },
            { ...unhealthy, running: false },
            { ...unhealthy, id: "c2" },
        ])
            expect(judge(more)).toEqual([]);
    });

    test("is a warning with the check's words and two fixes while it is unhealthy", () => {
        const [{ level, text } = { level: "", text: "" }] = judge({ health: "unhealthy", healthSaid: "timed\nout" });
        expect(level).toBe("warning");
        expect(text).toContain("pgadmin-1 is unhealthy. Its health check says: timed out.");
        expect(text).toContain("docker restart pgadmin-1");
        expect(text).toContain("pulumi up --stack stage --replace '**Container::pgadmin'");
    });
});

describe("what a cut run left behind", () => {
    const state = (...resources: { type: string; id: string; urn?: string }[]) => ({
        deployment: { resources: resources.map((one) => ({ urn: "", ...one })) },
    });
    const database = { roleOwners: { pgbouncer: owner }, functionOwner: owner } as unknown as DatabaseFacts;
    const container = (id: string, of?: string) => ({
        id,
        name: id,
        running: true,
        networks: {},
        volumes: [],
        hostPorts: [],
        ...plain,
        ...(of ? { owner: of } : {}),
    });
    const host: HostFacts = {
        networks: [
            { id: "n1", name: "coolify-net" },
            { id: "n2", name: "pg-sidecar-1", owner },
        ],
        containers: [container("c1", owner), container("c2", owner), container("c3", "pg-sidecar/copy"), container("c4")],
    };

    test("is what carries the stack's mark and is not in its state", () => {
        const known = state({ type: "docker:index/container:Container", id: "c1" }, { type: "docker:index/network:Network", id: "n2" });
        expect(findLeftovers(settings, ownedResources(known, owner), database, host)).toEqual({
            roles: ["pgbouncer"],
            lookupFunction: true,
            containers: ["c2"],
            networks: [],
        });
    });

    test("and what the state knows, but the host has not or not running, is missing", () => {
        const urn = (name: string) => `urn:pulumi:stage::pg-sidecar::x::${name}`;
        const known = state(
            { type: "docker:index/container:Container", id: "c1", urn: urn("pgbouncer") },
            { type: "docker:index/container:Container", id: "gone", urn: urn("pgadmin") },
            { type: "docker:index/network:Network", id: "pruned", urn: urn("pg-sidecar") },
            { type: "docker:index/remoteImage:RemoteImage", id: "i", urn: urn("pgadmin") },
        );
        expect(findMissing(known, host)).toEqual(["container pgadmin (gone)", "network pg-sidecar (pruned)"]);
        const stopped = { ...host, containers: host.containers.map((one) => ({ ...one, running: false })) };
        expect(findMissing(known, stopped)[0]).toBe("container pgbouncer (c1)");
    });

    test("is nothing of a sidecar of which the state knows nothing: that is another state's", () => {
        const judgeOn = (facts: HostFacts, of: string, ...resources: Parameters<typeof state>) =>
            judgeState(state(...resources), ownedResources(state(...resources), of), facts, settings);
        const judge = (...resources: Parameters<typeof state>) => judgeOn(host, owner, ...resources);
        expect(judge()).toMatchObject([{ level: "error" }]);
        expect(judge()[0]!.text).toMatch(/already has a sidecar of a stack pg-sidecar\/stage.* docker rm -f c1 c2$/);
        const container = { type: "docker:index/container:Container", urn: "urn:pulumi:stage::pg-sidecar::x::pgbouncer" };
        // A stack that moved here from another host has a state, but of that host.
        expect(judge({ ...container, id: "elsewhere" })).toMatchObject([{ level: "error" }]);
        expect(judge({ ...container, id: "c1" })).toEqual([]);
        expect(judge({ type: "docker:index/network:Network", id: "n2" })).toEqual([]);
        const stopped = host.containers.map((one) => ({ ...one, running: false }));
        expect(judgeOn({ ...host, containers: stopped }, owner)).toMatchObject([{ level: "error" }]);
        expect(judgeOn(host, "pg-sidecar/new")).toEqual([]);
    });

    test("the state's ids and former marks are known", () => {
        const labels = [{ label: "pg-sidecar.stack", value: "pg-sidecar/former" }];
        const role = { type: "postgresql:index/role:Role", urn: "", id: "pgbouncer" };
        const network = { type: "docker:index/network:Network", urn: "", id: "n", inputs: { labels } };
        expect(ownedResources({ deployment: { resources: [network, role] } }, owner)).toEqual({
            ...unknown,
            former: ["pg-sidecar/former"],
            ids: ["n", "pgbouncer"],
            roles: ["pgbouncer"],
        });
    });

    test("what was imported is known by the mark that the state has of it", () => {
        const role = {
            type: "postgresql:index/role:Role",
            urn: "",
            id: "pgbouncer",
            inputs: { searchPaths: ["pg_catalog", "pg_temp", "pg-sidecar/prod"] },
        };
        const lookup = {
            type: "postgresql:index/function:Function",
            urn: "",
            id: "f",
            inputs: { body: "-- Made by stack pg-sidecar/prod.\n" },
        };
        expect(ownedResources({ deployment: { resources: [role, lookup] } }, owner).former).toEqual(["pg-sidecar/prod", "pg-sidecar/prod"]);
    });

    test("is nothing of another's, and nothing that the state knows", () => {
        const known = state(
            ...["c1", "c2"].map((id) => ({ type: "docker:index/container:Container", id })),
            { type: "docker:index/network:Network", id: "n2" },
            { type: "postgresql:index/role:Role", id: "pgbouncer" },
            { type: "postgresql:index/function:Function", id: "tracksolid_db.public.user_lookup(text)" },
        );
        const nothing = { roles: [], lookupFunction: false, containers: [], networks: [] };
        expect(findLeftovers(settings, ownedResources(known, owner), database, host)).toEqual(nothing);
        expect(findLeftovers(settings, ownedResources(state(), "pg-sidecar/other"), database, host)).toEqual(nothing);
    });
});

describe("a database's network that is not set", () => {
    const unset = { ...settings, databaseNetwork: "" };
    const on = (network: string, more: Partial<ContainerFacts> = {}): ContainerFacts => ({
        ...{ id: "d", name: "timescale_db-abc-1", running: true, volumes: [], hostPorts: [], ...plain },
        networks: { [network]: { aliases: ["timescale_db"], address: "172.18.0.2" } },
        ...more,
    });
    const host = (...containers: ContainerFacts[]): HostFacts => ({
        networks: ["bridge", "coolify", "abc", "def"].map((name) => ({ id: name, name })),
        containers,
    });
    const both = {
        coolify: { aliases: ["timescale_db"], address: "172.19.0.2" },
        abc: { aliases: ["timescale_db"], address: "172.18.0.2" },
    };

    test.each<[string, HostFacts, string]>([
        ["is the one on which a container answers to databaseHost", host(on("abc")), "abc"],
        ["is not the proxy's where there is another", host(on("abc", { networks: both })), "abc"],
        ["is the running one's, not that of one which was left over", host(on("def", { running: false }), on("abc")), "abc"],
        ["is that of one which is stopped, where none runs", host(on("abc", { running: false })), "abc"],
        ["may be the proxy's", host(on("coolify")), "coolify"],
    ])("%s", (_, facts, network) => {
        expect(findDatabaseNetwork(facts, unset)).toBe(network);
        expect(findDatabaseNetwork(facts, settings)).toBe("coolify-net");
    });

    test.each<[string, HostFacts, string]>([
        ["nobody is it", host(), "no container on unix:///var/run/docker.sock answers to timescale_db. Fix: start the database"],
        [
            "one is, but under another name",
            host(on("abc", { networks: { abc: { aliases: ["pg"], address: "172.18.0.2" } }, exposes: [5432] })),
            "Fix: pulumi config set databaseHost pg",
        ],
        [
            "two are it",
            host(on("abc"), on("def")),
            "timescale_db is on more than one network of unix:///var/run/docker.sock: abc, def. Fix: pulumi config set databaseNetwork abc,",
        ],
    ])("%s: an error with a remedy", (_, facts, said) => {
        const finding = findDatabaseNetwork(facts, unset) as Finding;
        expect(finding.level).toBe("error");
        expect(finding.text).toContain(said);
    });

    const named = (networkMode: string, networks: ContainerFacts["networks"]) =>
        on("abc", { name: "timescale_db", networkMode, networks, exposes: [5432] });
    const nowhere = { aliases: [], address: "" };
    const connect = "docker network create pg-sidecar-database; docker network connect --alias timescale_db pg-sidecar-database timescale_db; pulumi config set databaseNetwork pg-sidecar-database"; // prettier-ignore
    test.each<[string, ContainerFacts, string]>([
        ["Docker's own bridge", named("default", { bridge: nowhere }), `only on bridge, a network of Docker's own, where containers don't find each other by name. Fix, with no restart of anything: ${connect}`],
        ["no network", named("none", { none: nowhere }), `docker network disconnect none timescale_db; ${connect}`],
        ["the host's network", named("host", { host: nowhere }), `pulumi config set databaseHost $(docker network inspect -f '{{(index .IPAM.Config 0).Gateway}}' pg-sidecar-database)`],
        ["another container's network", named("container:web", {}), "pulumi config set databaseHost web-1; pulumi config set databaseNetwork abc"],
    ])("is none where the database is on %s alone, with a way that can be gone", (_, database, said) => {
        const web = on("abc", { id: "web", name: "web-1", networks: { abc: { aliases: [], address: "172.18.0.3" } } });
        const finding = findDatabaseNetwork(host(database, web), unset) as Finding;
        expect(finding.level).toBe("error");
        expect(finding.text).toContain(said);
    }); // prettier-ignore
});
