import { ContainerFacts, HostFacts } from "../../../host/containers";
import { judgeHost } from "../../../preflight/docker";
import { settingsOf } from "../fixture";
import { at, container, nothingOwned, owner } from "./fixture";

const settings = settingsOf({ databaseNetwork: "coolify-net", pgadminPort: 5050 });
const pooler = { networks: at("coolify-net", "pgbouncer") };
const database: Partial<ContainerFacts> = {
    id: "db",
    name: "timescale_db-abc-1",
    networks: at("coolify-net", "timescale_db"),
    exposes: [5432],
};
const on = (...containers: Partial<ContainerFacts>[]): HostFacts => ({
    networks: ["bridge", "coolify-net", "coolify", "other-net"].map((name) => ({ id: name, name })),
    containers: containers.map(container),
});
const facts = (...containers: Partial<ContainerFacts>[]) => on(database, ...containers);
const judge = (host: HostFacts, more: Partial<typeof settings> = {}) => judgeHost(host, { ...settings, ...more }, nothingOwned);

test("a Docker host as it should be gives no finding, with the stack's own containers on it too", () => {
    const own = { owner, ...pooler, volumes: ["pgadmin-data"], hostPorts: [5050] };
    expect(judge(facts({}, own))).toEqual([]);
    const former = { ...own, id: "c", owner: "pg-sidecar/former" };
    expect(judgeHost(facts({}, former), settings, { owner, ids: ["c"] })).toEqual([]);
    expect(judge(facts({}, former))).toHaveLength(3);
});

test.each<[string, Partial<ContainerFacts>, string, string]>([
    ["volume", { volumes: ["pgadmin-data"], owner: "pg-sidecar/copy" }, "of stack pg-sidecar/copy", "pgadminVolume pgadmin-data-stage"],
    ["port", { hostPorts: [5050] }, "port 5050", "pulumi config set --stack stage pgadminPort 5051, or: docker stop web"],
])("another container's %s is refused with its name", (_, clash, what, fix) => {
    const [finding, ...others] = judge(facts(clash));
    expect(others).toEqual([]);
    expect(finding!.what).toContain("container web");
    expect(finding!.what).toContain(what);
    expect(finding!.fix).toContain(fix);
});

test("a backup's container may mount pgAdmin's volume read-only", () => {
    expect(judge(facts({ volumes: ["pgadmin-data"], writableVolumes: [] }))).toEqual([]);
});

test("without pgAdmin, neither its volume and port nor a way past the pooler matters", () => {
    const alone = settingsOf({ databaseNetwork: "coolify-net", pgadminPort: 5050, adminUi: "none" });
    const published = { ...database, published: [{ inside: 5432, address: "0.0.0.0", port: 5433 }] };
    const clash = { volumes: ["pgadmin-data"], hostPorts: [5050] };
    expect(judgeHost(on(published, clash), alone, nothingOwned)).toEqual([]);
    expect(judge(on(published, clash))).toHaveLength(3);
});

test("a domain without its proxy's network is refused, with both ways out", () => {
    const [finding, ...others] = judge(facts(), { pgadminDomain: "pgadmin.example.com", proxyNetwork: "gone" });
    expect(others).toEqual([]);
    expect(finding!.what).toContain("proxyNetwork: there is no network gone");
    expect(finding!.fix).toContain("pulumi config set --stack stage proxyNetwork NETWORK");
    expect(finding!.fix).toContain("pulumi config rm --stack stage pgadminDomain");
});

test("metrics without their network are refused, with both ways out", () => {
    const [finding, ...others] = judge(facts(), { metrics: true, metricsNetwork: "gone" });
    expect(others).toEqual([]);
    expect(finding!.what).toContain("metricsNetwork: there is no network gone");
    expect(finding!.fix).toContain("pulumi config set --stack stage metricsNetwork NETWORK");
    expect(finding!.fix).toContain("pulumi config rm --stack stage metricsNetwork");
    expect(judge(facts(), { metricsNetwork: "gone" })).toEqual([]);
    const [builtin] = judge(facts(), { metrics: true, metricsNetwork: "bridge" });
    expect(builtin!.what).toBe(
        "metricsNetwork: bridge is one of Docker's own networks, where containers don't find each other by name, so it is no network for Prometheus to find the exporters on",
    );
});

describe("ports for the exporters", () => {
    const wanted = { metrics: true, metricsPort: 9187, processes: 2 };

    test("another container's is refused, with ports that are all free", () => {
        expect(judge(facts({ hostPorts: [9190] }), wanted)).toEqual([]);
        for (const port of [9187, 9188, 9189]) {
            const [finding, ...others] = judge(facts({ hostPorts: [port] }), wanted);
            expect(others).toEqual([]);
            expect(finding).toMatchObject({
                what: expect.stringContaining(`metricsPort: port ${port} is already that of container web`),
                fix: "pulumi config set --stack stage metricsPort 9190, or: docker stop web",
            });
        }
        expect(judge(facts({ hostPorts: [9187] }), { ...wanted, metrics: false })).toEqual([]);
        const [highest] = judge(facts({ hostPorts: [65_535] }), { ...wanted, metricsPort: 65_533 });
        expect(highest!.fix).toContain("metricsPort 65530,");
    });

    test("one that another of the stack's own containers still has is refused", () => {
        const own = (name: string, ...hostPorts: number[]) => ({ id: name, name, owner, hostPorts });
        const now = [own("metrics-database-0123abc", 9187), own("metrics-console-0123abc", 9188), own("metrics-console-2-0123abc", 9189)];
        const ids = [...now.map(({ id }) => id), "pgadmin-0123abc"];
        const judged = (host: HostFacts, more: Partial<typeof settings> = {}) =>
            judgeHost(host, { ...settings, ...wanted, ...more }, { owner, ids });
        expect(judged(facts(...now))).toEqual([]);
        const [finding, ...others] = judged(facts(...now), { metricsPort: 9189 });
        expect(others).toEqual([]);
        expect(finding).toMatchObject({
            what: "metricsPort: port 9189 is still that of the stack's own metrics-console-2-0123abc",
            fix: "pulumi config set --stack stage metricsPort 9192",
        });
        expect(judged(facts(own("pgadmin-0123abc", 9188)))).toHaveLength(1);
        // The fix is none that is refused, too.
        expect(judged(facts(...now), { metrics: false, pgadminPort: 9187 })).toMatchObject([
            { fix: expect.stringMatching(/ pgadminPort 9190$/) },
        ]);
        // What is in no state is what an interrupted run left, which this run removes.
        expect(judgeHost(facts(...now), { ...settings, ...wanted, metricsPort: 9189 }, nothingOwned)).toEqual([]);
    });

    test("an internal network is refused", () => {
        const host = facts();
        host.networks.push({ id: "i", name: "monitoring", internal: true });
        const [finding, ...others] = judge(host, { ...wanted, metricsNetwork: "monitoring" });
        expect(others).toEqual([]);
        expect(finding).toMatchObject({
            what: expect.stringContaining("the exporters' network monitoring is an internal one"),
            fix: "pulumi config rm --stack stage metricsPort, or have them on another network: pulumi config set --stack stage metricsNetwork NETWORK",
        });
        expect(judge(host, wanted)).toEqual([]);
        expect(judge(host, { ...wanted, metricsNetwork: "monitoring", metricsPort: 0 })).toEqual([]);
    });
});

describe("a way past the pooler is a warning", () => {
    const proxied = { pgadminDomain: "pgadmin.example.com", proxyNetwork: "coolify" };
    const both = { ...database, networks: { ...database.networks!, ...at("coolify", "timescale_db") } };
    const published = (address: string) => ({ ...database, published: [{ inside: 5432, address, port: 5433 }] });
    test.each<[string, Partial<ContainerFacts>, Partial<typeof settings>, string]>([
        ["a database on the proxy's network as well", both, proxied, "docker network disconnect coolify timescale_db-abc-1"],
        ["the proxy's network as the database's only one", database, { ...proxied, proxyNetwork: "coolify-net" }, "docker network create pg-sidecar-database; docker network connect --alias timescale_db pg-sidecar-database timescale_db-abc-1; pulumi config set --stack stage databaseNetwork pg-sidecar-database"],
        ["a port published to all", published("0.0.0.0"), {}, "publish it as 127.0.0.1:5433:5432"],
    ])("%s", (_, one, more, fix) => {
        const [finding, ...others] = judge(on(one), more);
        expect(others).toEqual([]);
        expect(finding).toMatchObject({ level: "warning", what: expect.stringContaining("past the pooler") });
        expect(finding!.fix).toContain(fix);
        expect(judge(on(one), { ...more, pgadminDirect: true })).toEqual([]);
    }); // prettier-ignore

    test("but not a port on the host's loopback, nor the proxy's network if pgAdmin is not on it", () => {
        expect(judge(on(published("127.0.0.1")))).toEqual([]);
        expect(judge(on(both))).toEqual([]);
    });
});
