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

describe("who answers to databaseHost", () => {
    const stopped = { ...database, running: false };
    test.each<[string, Partial<ContainerFacts>[], string, RegExp, RegExp]>([
        ["nobody, but on another network", [{ ...database, networks: at("other-net", "timescale_db") }], "error", /one does on other-net$/, /^pulumi config set --stack stage databaseNetwork other-net$/],
        ["nobody, though a database is there under its own name", [{ networks: at("coolify-net") }, { ...database, networks: at("coolify-net", "db") }], "error", /no container answers/, /^pulumi config set --stack stage databaseHost timescale_db-abc-1$/],
        ["nobody, though a service with an alias is there", [{ id: "ffff", networks: at("coolify-net", "ffff", "postgres") }], "error", /no container answers/, /^pulumi config set --stack stage databaseHost postgres$/],
        ["nobody, though a service with a hostname is there", [{ id: "ffff0000", name: "db-1", hostname: "maindb", networks: at("coolify-net", "db-1", "ffff", "maindb"), exposes: [5432] }], "error", /no container answers/, /^pulumi config set --stack stage databaseHost maindb$/],
        ["nobody at all", [], "error", /no container answers to timescale_db /, /^start the database/],
        ["one that is stopped", [stopped], "unchecked", /timescale_db-abc-1 is stopped$/, /^docker start timescale_db-abc-1$/],
        ["two, one by its name", [database, { name: "timescale_db", networks: at("coolify-net") }], "error", /2 containers answer .*: timescale_db-abc-1, timescale_db\./, /docker network disconnect coolify-net timescale_db-abc-1 && docker network connect coolify-net timescale_db-abc-1, or: docker rename timescale_db timescale_db-2$/],
        ["two, one by its hostname", [database, { name: "copy", hostname: "timescale_db", networks: at("coolify-net", "timescale_db") }], "error", /2 containers answer /, /, or: docker network disconnect coolify-net copy   \(it is its hostname, which it keeps: recreate it without that before it joins again\)$/],
    ])("%s", (_, containers, level, what, fix) => {
        const [finding, ...others] = judge(on(...containers));
        expect(others).toEqual([]);
        expect(finding!.level).toBe(level);
        expect(finding!.what).toMatch(what);
        expect(finding!.fix).toMatch(fix);
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
        ["by its name on the proxy's network, in which pgAdmin looks it up", { name: "pgbouncer", networks: at("coolify") }, proxied],
    ])("%s: refused with the container's name", (_, clash, more) => {
        const [finding, ...others] = judge(facts(clash), more);
        expect(others).toEqual([]);
        expect(finding!.level).toBe("error");
        expect(finding!.what).toContain(`container ${clash.name ?? "web"} on`);
        expect(finding!.fix).toBe("pulumi config set --stack stage pgbouncerAlias pgbouncer-stage");
    });

    test("nobody, if the proxy's network is not pgAdmin's", () => {
        expect(judge(facts({ name: "pgbouncer", networks: at("coolify") }))).toEqual([]);
    });

    test("a stopped one is a warning", () => {
        const [finding, ...others] = judge(facts({ ...pooler, running: false }));
        expect(others).toEqual([]);
        expect(finding).toMatchObject({ level: "warning", fix: expect.stringContaining("docker rm web") });
    });

    test("a stranger on the stack's own network that is called pgadmin is a warning", () => {
        const host = facts({ name: "pgadmin", networks: at("pg-sidecar-1") });
        const [finding] = judge({ ...host, networks: [...host.networks, { id: "n", name: "pg-sidecar-1", owner }] });
        expect(finding).toMatchObject({
            level: "warning",
            fix: "docker network disconnect -f pg-sidecar-1 pgadmin",
        });
    });
});
