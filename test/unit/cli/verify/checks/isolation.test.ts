import { batchesOf, judgeIsolation, judgeReach, judgeUnreached, otherPlaces, Place } from "../../../../../cli/verify/checks/isolation";
import { Target } from "../../../../../cli/verify/target";
import { ContainerFacts } from "../../../../../host/containers";
import { Deployed } from "../../../../../settings/deployed";
import { at, container as anyContainer } from "../../../preflight/fixture";
import { seen } from "../seen";

const container = (name: string, more: Partial<ContainerFacts> = {}) => anyContainer({ name, health: "healthy", ...more });

describe("isolation", () => {
    const deployed = { databaseHost: "timescale_db", databasePort: 5432, pgadminDirect: false, pgadminDomain: "" } as Deployed;
    const database = { name: "db-1", networks: ["abc", "coolify"], onHost: false, published: [] };
    const judgeOn = (
        networks: string[],
        databases: Parameters<typeof judgeIsolation>[1],
        reached: string[],
        more: Partial<Deployed> = {},
    ) => {
        const pgadmin = container("pgadmin-1", { networks: Object.assign({}, ...networks.map((name) => at(name))) });
        return seen(
            judgeIsolation(pgadmin, databases, reached, {
                deployed: { ...deployed, ...more },
                outputs: { networks: { sidecar: "pg-sidecar-1", database: "abc" } },
                dockerCommand: "docker",
            }),
        );
    };

    test("no way passes, and so does one that a firewall closes", () => {
        expect(judgeOn(["pg-sidecar-1"], [database], [])).toMatch(/^ok: pgAdmin is on pg-sidecar-1, and no way/);
        expect(judgeOn(["pg-sidecar-1", "coolify"], [database], [])).toMatch(/^ok/);
    });

    test("each open way is named with its fix", () => {
        expect(judgeOn(["pg-sidecar-1", "coolify"], [database], ["172.19.0.2:5432"])).toMatch(
            /^warning: .* at 172\.19\.0\.2:5432: by network coolify, which db-1 is on too docker network disconnect coolify db-1/,
        );
        const published = { ...database, published: [{ inside: 5432, address: "0.0.0.0", port: 5433 }] };
        expect(judgeOn(["pg-sidecar-1"], [published], ["172.18.0.1:5433"])).toMatch(
            /^warning: .* by port 5433 of the host.* 127\.0\.0\.1:5433:5432/,
        );
        expect(judgeOn(["pg-sidecar-1"], [{ ...database, onHost: true }], ["172.18.0.1:5432"])).toMatch(
            /^warning: .* by port 5432 of the host/,
        );
        expect(judgeOn(["pg-sidecar-1"], [database], ["172.18.0.9:5432"])).toMatch(/^warning/);
    });

    test("a network of any name is a word of the shell", () => {
        expect(judgeOn(["pg-sidecar-1", "a b"], [{ ...database, networks: ["a b"] }], ["172.19.0.2:5432"])).toContain(
            " docker network disconnect 'a b' db-1 ",
        );
    });

    test("pgAdmin on the database's network by hand fails", () => {
        expect(judgeOn(["pg-sidecar-1", "abc"], [database], [])).toMatch(/^failed: .* docker network disconnect abc pgadmin-1/);
    });

    test("a direct entry is only a warning, and without a container of the database the check is skipped", () => {
        expect(judgeOn(["abc"], [database], ["172.18.0.2:5432"], { pgadminDirect: true })).toMatch(
            /^warning: .*because pgadminDirect is set/,
        );
        expect(judgeOn(["pg-sidecar-1"], [], [])).toMatch(/^skipped/);
    });
});

describe("reach", () => {
    test("what is tried is every port of the other containers that run, and of the host", () => {
        const pgadmin = container("pgadmin-1", { id: "own" });
        const other = container("web", {
            gateways: ["172.18.0.1"],
            networks: at("coolify"),
            exposes: [80],
            published: [{ inside: 80, address: "", port: 8080 }],
        });
        const stopped = container("old", { id: "c2", running: false, networks: at("coolify"), exposes: [81] });
        const places = otherPlaces({ networks: [], containers: [pgadmin, other, stopped] }, [pgadmin]);
        expect(places).toContainEqual({ what: "web:80", network: "coolify", address: "172.18.0.9", port: 80 });
        expect(places).toContainEqual({ what: "the host's port 8080", address: "172.18.0.1", port: 8080 });
        expect(places).toContainEqual({ what: "the host's port 22", address: "172.18.0.1", port: 22 });
        expect(places.filter(({ what }) => what.startsWith("old") || what === "web:8080")).toEqual([]);
    });

    test("places are tried once each, in runs whose argument Linux takes and whose time limit fits", () => {
        const place = (at: number) => ({ address: `fd00:1234:5678:9abc:def0:1234:5678:${(at + 4096).toString(16)}`, port: 65_535 });
        const batches = batchesOf([...Array(10_500).keys(), 0, 1].map(place));
        expect(batches.map(({ pairs }) => pairs.length)).toEqual([2000, 2000, 2000, 2000, 2000, 500]);
        for (const { pairs, timeout } of batches) {
            expect(JSON.stringify(pairs).length).toBeLessThan(131_072);
            expect(timeout).toBeGreaterThan((pairs.length / 128) * 2000);
        }
        expect(batchesOf([])).toEqual([]);
    });

    const judge = (reached: Partial<Place>[], more: Partial<Deployed> = {}) =>
        seen(
            judgeReach(
                9,
                reached.map((one) => ({ what: "web:80", address: "172.18.0.9", port: 80, ...one })),
                {
                    deployed: {
                        pgadminEgress: false,
                        pgadminDomain: "",
                        pgadminDirect: false,
                        pgadminPort: 0,
                        proxyNetwork: "coolify",
                        ...more,
                    } as Deployed,
                    outputs: { networks: { database: "abc" } } as Target["outputs"],
                    stack: "stage",
                },
            ),
        );

    const unreached = (pooler: ContainerFacts["networks"], pgadmin = at("pg-sidecar-1")) =>
        seen(
            judgeUnreached(container("pgbouncer-1", { networks: pooler }), container("pgadmin-1", { networks: pgadmin }), {
                deployed: { pgbouncerAlias: "pgbouncer", listenPort: 6432 } as Deployed,
                outputs: { networks: { sidecar: "pg-sidecar-1", database: "abc" } },
                dockerCommand: "docker",
            }),
        );

    test("a pooler that pgAdmin does not reach fails, with what brings it back", () => {
        const saw = "failed: pgAdmin does not reach the pooler at pgbouncer:6432";
        const connect = "docker network connect --alias pgbouncer pg-sidecar-1 pgbouncer-1";
        expect(unreached(at("abc", "pgbouncer"))).toBe(`${saw}: pgbouncer-1 is not on network pg-sidecar-1 ${connect}`);
        expect(unreached(at("pg-sidecar-1", "pgbouncer"), at("coolify"))).toBe(
            `${saw}: pgadmin-1 is not on network pg-sidecar-1 docker network connect pg-sidecar-1 pgadmin-1`,
        );
        expect(unreached(at("pg-sidecar-1"))).toBe(
            `${saw}: on network pg-sidecar-1, pgbouncer-1 does not answer to that name docker network disconnect pg-sidecar-1 pgbouncer-1 && ${connect}`,
        );
        expect(unreached(at("pg-sidecar-1", "pgbouncer"))).toMatch(
            /, though both are on network pg-sidecar-1 docker logs --tail 20 pgbouncer-1 /,
        );
    });

    test("nothing passes, and so does what the settings give it", () => {
        expect(judge([])).toMatch(/^ok: 9 other places were tried, and none answers/);
        expect(judge([{ network: "coolify" }, {}], { pgadminDomain: "a.example.com" })).toMatch(/^ok: .*reaches web:80/);
        expect(judge([{ network: "abc" }], { pgadminDirect: true })).toMatch(/^ok/);
    });

    test("anything else is named", () => {
        expect(judge([{ network: "payments" }], { pgadminDomain: "a.example.com" })).toMatch(/^warning: pgAdmin reaches web:80/);
        expect(judge([{ network: "coolify" }])).toMatch(/^warning: pgAdmin reaches web:80/);
        expect(judge([{ network: "abc" }], { pgadminDomain: "a.example.com" })).toMatch(/^warning/);
        expect(judge([{ what: "the host's port 22" }], { pgadminPort: 5050 })).toMatch(
            /^warning: pgAdmin reaches the host's port 22 pulumi config rm --stack stage pgadminPort/,
        );
        expect(judge([], { pgadminEgress: true })).toMatch(/^warning: pgadminEgress is set/);
    });
});
