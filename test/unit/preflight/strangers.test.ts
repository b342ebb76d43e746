import { ContainerFacts, HostFacts, ListedContainer } from "../../../host/containers";
import { Finding } from "../../../findings/finding";
import { judgeDatabases } from "../../../preflight/judgedatabase";
import { judgeHost } from "../../../preflight/docker";
import { judgeDomain } from "../../../preflight/domain";
import { judgeHealth } from "../../../preflight/health";
import { judgeState } from "../../../preflight/leftovers";
import { findDatabaseNetwork } from "../../../preflight/network";
import { judgeProxy } from "../../../preflight/proxy";
import { breaksOut, mark } from "../badinput";
import { Overrides, settingsOf } from "../fixture";
import { at, container, nothingOwned, owner } from "./fixture";

/** A name that runs something if a shell gets it without quotes. */
const odd = `odd; : >${mark};`;
const settings = (more: Overrides = {}) => settingsOf({ databaseNetwork: "abc", pgadminDomain: "pgadmin.example.com", ...more });
const host = (...containers: Partial<ContainerFacts>[]): HostFacts => ({
    networks: ["abc", "coolify", odd, `${odd}2`].map((name) => ({ id: name, name })),
    containers: containers.map((one, at) => container({ id: `c${at}`, name: odd, ...one })),
});
const listed = (more: Partial<ListedContainer>): ListedContainer => ({
    ...{ Id: "c", Names: [`/${odd}`], Image: "traefik", Command: "", Labels: {}, NetworkSettings: { Networks: { [odd]: {} } } },
    ...more,
});

const named = at("abc", "timescale_db");
const on = (facts: HostFacts, more?: Overrides) => judgeHost(facts, settings(more), nothingOwned);
const found = (facts: HostFacts) => [findDatabaseNetwork(facts, settings({ databaseNetwork: undefined })) as Finding];
const own = { ...container({ id: "own", name: odd, owner }), health: "unhealthy" };
const recorded = { deployment: { resources: [{ type: "docker:index/container:Container", id: "own", urn: "a::pgbouncer" }] } };
const rule = { "traefik.http.routers.a.rule": "Host(`pgadmin.example.com`)" };
const database = { name: odd, connectable: true, template: false, connectionLimit: -1 };

test.each<[string, Finding[]]>([
    ["a stopped database", on(host({ networks: named, running: false }))],
    ["two databases", on(host({ networks: named }, { networks: named, hostname: "timescale_db" }))],
    ["a database on another network", on(host({ networks: at(odd, "timescale_db") }))],
    ["a database with the pooler's name", on(host({ name: "db", networks: named }, { networks: at("abc", "pgbouncer"), running: false }))],
    ["pgAdmin's volume", on(host({ name: "db", networks: named }, { volumes: ["pgadmin-data"] }))],
    ["a shared network", on(host({ networks: { ...named, ...at("coolify") } }))],
    ["a network of the stack's own", on({ networks: [{ id: "n", name: odd, owner }, ...host().networks], containers: host({ networks: at(odd, "pgadmin") }).containers })],
    ["two networks", found(host({ networks: { ...at(odd, "timescale_db"), ...at(`${odd}2`, "timescale_db") } }))],
    ["a database on another's network", found(host({ name: "timescale_db", networkMode: "container:c1" }, { networks: at(odd) }))],
    ["a proxy", judgeProxy([listed({})], settings())],
    ["a route", judgeDomain([listed({ Labels: rule })], settings(), nothingOwned)],
    ["an unhealthy container", judgeHealth(recorded, { networks: [], containers: [own] }, settings())],
    ["a namesake's container", judgeState({ deployment: {} }, nothingOwned, { networks: [], containers: [own] }, settings())],
    ["a database of the server", judgeDatabases({ databases: [database] }, { ...settings(), databases: [odd.toUpperCase()] })],
])("the name of %s runs nothing in a fix", (_, findings) => {
    const fixes = findings.map(({ fix }) => fix!);
    expect(fixes.filter((fix) => fix.includes(odd))).not.toEqual([]);
    for (const fix of fixes) expect([fix, breaksOut(fix.replace(/\([^)]*\)/g, ""))]).toEqual([fix, false]);
}); // prettier-ignore

test("an alias that databaseHost does not take is not named", () => {
    const db = { name: "db-1", id: "ffff", networks: at("abc", "ffff", odd, "-db", "pg"), exposes: [5432] };
    expect(on(host(db))[0]!.fix).toBe("pulumi config set --stack stage databaseHost pg");
    expect(on(host({ ...db, networks: at("abc", odd) }))[0]!.fix).toBe("pulumi config set --stack stage databaseHost db-1");
    expect(on(host({ ...db, name: odd, networks: at("abc", odd) }))[0]!.fix).toMatch(/^start the database, or: /);
});
