import { DatabaseFacts } from "../../preflight/database";
import { ContainerFacts, findDatabaseNetwork, HostFacts, judgeHost } from "../../preflight/dockerhost";
import { Finding, forStack } from "../../preflight/finding";
import { findLeftovers, findMissing } from "../../preflight/leftovers";
import { judgeState } from "../../preflight/preflight";
import { Known, knownTo } from "../../preflight/state";
import { parseSettings } from "../../settings";

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
const unknown: Known = { owner, former: [], ids: [], roles: [], lookupFunction: false, functions: [] };

test("the commands of a remedy name the stack, once", () => {
    const text = "Mend it: pulumi config set a 1; pulumi config rm b   (or pulumi config set --stack prod c 2)";
    expect(forStack("stage", text)).toBe(
        "Mend it: pulumi config set --stack stage a 1; pulumi config rm --stack stage b   (or pulumi config set --stack prod c 2)",
    );
});

describe("the Docker host", () => {
    const other: ContainerFacts = { id: "c0", name: "web", running: true, networks: {}, volumes: [], hostPorts: [] };
    const pooler = { networks: { "coolify-net": { aliases: ["pgbouncer"], address: "172.18.0.9" } } };
    const facts = (...containers: Partial<ContainerFacts>[]): HostFacts => ({
        networks: [
            { id: "n0", name: "bridge" },
            { id: "n1", name: "coolify-net" },
        ],
        containers: containers.map((one) => ({ ...other, ...one })),
    });

    test("as it should be gives no finding, with the stack's own containers on it too", () => {
        const own = { owner, ...pooler, volumes: ["pgadmin-data"], hostPorts: [5050] };
        expect(judgeHost(facts({}, own), settings, unknown)).toEqual([]);
        const former = { ...own, id: "c", owner: "pg-sidecar/former" };
        expect(judgeHost(facts({}, former), settings, { owner, ids: ["c"] })).toEqual([]);
        expect(judgeHost(facts({}, former), settings, unknown)).toHaveLength(3);
    });

    test("a network that isn't there is named beside those that are", () => {
        const [finding] = judgeHost(
            {
                networks: [
                    { id: "n0", name: "bridge" },
                    { id: "n1", name: "other-net" },
                ],
                containers: [],
            },
            settings,
            unknown,
        );
        expect(finding!.text).toContain("there is no network coolify-net");
        expect(finding!.text).toContain("only other-net");
    });

    test("a database on the proxy's network is a warning, as pgAdmin stands there", () => {
        const shared = { ...settings, pgadminDomain: "pgadmin.example.com", proxyNetwork: "coolify-net" };
        const [finding, ...others] = judgeHost(facts({}), shared, unknown);
        expect(others).toEqual([]);
        expect(finding).toMatchObject({ level: "warning", text: expect.stringContaining("past the pooler") });
    });

    test.each(["bridge", "host"])("Docker's own network %s is refused, as names don't work there", (name) => {
        const [finding, ...others] = judgeHost(
            { networks: [{ id: "n0", name }], containers: [] },
            { ...settings, databaseNetwork: name },
            unknown,
        );
        expect(others).toEqual([]);
        expect(finding!.text).toContain(`databaseNetwork: it is ${name}`);
        expect(finding!.text).toContain("docker network connect --alias timescale_db NETWORK DATABASE-CONTAINER");
    });

    test.each<[string, Partial<ContainerFacts>, string]>([
        ["alias", pooler, "pulumi config set pgbouncerAlias pgbouncer-stage"],
        ["volume", { volumes: ["pgadmin-data"], owner: "pg-sidecar/copy" }, "of stack pg-sidecar/copy"],
        ["port", { hostPorts: [5050] }, "pulumi config set pgadminPort 5051"],
    ])("another container's %s is refused with its name", (_, clash, said) => {
        const [finding, ...others] = judgeHost(facts(clash), settings, unknown);
        expect(others).toEqual([]);
        expect(finding!.text).toContain("container web");
        expect(finding!.text).toContain(said);
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
        expect(findLeftovers(knownTo(known, owner), database, host)).toEqual({
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
            judgeState(state(...resources), knownTo(state(...resources), of), facts, settings);
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
        expect(knownTo({ deployment: { resources: [network, role] } }, owner)).toEqual({
            ...unknown,
            former: ["pg-sidecar/former"],
            ids: ["n", "pgbouncer"],
            roles: ["pgbouncer"],
        });
    });

    test("is nothing of another's, and nothing that the state knows", () => {
        const known = state(
            ...["c1", "c2"].map((id) => ({ type: "docker:index/container:Container", id })),
            { type: "docker:index/network:Network", id: "n2" },
            { type: "postgresql:index/role:Role", id: "pgbouncer" },
            { type: "postgresql:index/function:Function", id: "tracksolid_db.public.user_lookup(text)" },
        );
        const nothing = { roles: [], lookupFunction: false, containers: [], networks: [] };
        expect(findLeftovers(knownTo(known, owner), database, host)).toEqual(nothing);
        expect(findLeftovers(knownTo(state(), "pg-sidecar/other"), database, host)).toEqual(nothing);
    });
});

describe("a database's network that is not set", () => {
    const unset = { ...settings, databaseNetwork: "" };
    const on = (network: string, more: Partial<ContainerFacts> = {}): ContainerFacts => ({
        ...{ id: "d", name: "timescale_db-abc-1", running: true, volumes: [], hostPorts: [] },
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
        ["nobody is it", host(), "no container on unix:///var/run/docker.sock answers to timescale_db"],
        ["two are it", host(on("abc"), on("def")), "timescale_db is on more than one network of unix:///var/run/docker.sock: abc, def"],
    ])("%s: an error with a remedy", (_, facts, said) => {
        const finding = findDatabaseNetwork(facts, unset) as Finding;
        expect(finding.level).toBe("error");
        expect(finding.text).toContain(said);
        expect(finding.text).toContain("Mend it: pulumi config set databaseNetwork NETWORK");
    });

    test("is none where the database is on Docker's own bridge alone, with the way to another", () => {
        const finding = findDatabaseNetwork(host(on("bridge", { name: "timescale_db" })), unset) as Finding;
        expect(finding.text).toContain("timescale_db is only on bridge");
        expect(finding.text).toContain("docker network create NETWORK");
    });
});
