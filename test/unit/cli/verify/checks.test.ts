import { lookupBody } from "../../../../components/authentication/lookup";
import { Deployed } from "../../../../settings/deployed";
import { Outcome } from "../../../../cli/verify/check";
import { judgeContainers, judgeImage, judgeIsolation, judgePorts } from "../../../../cli/verify/checks/containers";
import { judgeLeak, parseLooks } from "../../../../cli/verify/checks/leaks";
import { judgeDirect, judgeLimits, judgePipeline, judgeStress, whyNoRoom } from "../../../../cli/verify/checks/load";
import { judgeExpiry, judgeGrants, judgePath, LookupFacts, remedies } from "../../../../cli/verify/checks/lookup";
import { judgeVisit } from "../../../../cli/verify/checks/pgadmin";
import { judgeConfig, judgeMode, judgeVersion, judgeVulnerabilities, versionInTag } from "../../../../cli/verify/checks/pooler";
import { parseConsole } from "../../../../cli/verify/console";
import { ContainerFacts } from "../../../../host/containers";
import { at, container as anyContainer } from "../../preflight/fixture";
import { LoadFacts, parseLoad, Room } from "../../../../cli/verify/load";
import { compareVersions, hasEmptyName, vulnerabilitiesOf } from "../../../../cli/verify/vulnerabilities";

const seen = ({ result, saw, remedy = "" }: Outcome) => `${result}: ${saw} ${remedy}`;

describe("containers", () => {
    const container = (name: string, more: Partial<ContainerFacts> = {}) => anyContainer({ name, health: "healthy", ...more });
    const judge = (...found: ContainerFacts[]) =>
        seen(
            judgeContainers(
                found,
                { pgbouncer: "pgbouncer-1", pgadmin: "pgadmin-1" },
                { upCommand: "pulumi up --stack s", dockerCommand: "docker" },
            ),
        );
    const pgadmin = container("pgadmin-1");

    test.each<[string, ContainerFacts[], RegExp]>([
        ["healthy", [container("pgbouncer-1"), pgadmin], /^ok: pgbouncer-1 healthy, 0 restarts/],
        ["restarted", [container("pgbouncer-1", { restarts: 2 }), pgadmin], /^warning: pgbouncer-1 healthy, 2 restarts/],
        ["gone", [pgadmin], /^failed: container pgbouncer-1 is gone pulumi up --stack s --refresh/],
        ["stopped", [container("pgbouncer-1", { running: false }), pgadmin], /^failed: container pgbouncer-1 does not run/],
        [
            "unhealthy",
            [container("pgbouncer-1", { health: "unhealthy", healthOutput: "no login" }), pgadmin],
            /^failed: .*no login docker restart pgbouncer-1 /,
        ],
        ["two", [container("pgbouncer-1"), container("pgbouncer-2"), pgadmin], /^failed: .*there is pgbouncer-2 pulumi up --stack s/],
    ])("%s", (_, found, said) => expect(judge(...found)).toMatch(said));

    test("an image is judged by its digest", () => {
        expect(judgeImage("a/b:1@sha256:12", ["a/b@sha256:12"], "pulumi up").result).toBe("ok");
        expect(judgeImage("a/b:1@sha256:12", ["a/b@sha256:123"], "pulumi up").result).toBe("failed");
        expect(judgeImage("a/b:1", ["a/b@sha256:12"], "pulumi up").result).toBe("skipped");
    });

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
                    outputs: { networks: { database: "abc" } },
                    dockerCommand: "docker",
                }),
            );
        };

        test("no way is ok, and so is one that a firewall closes", () => {
            expect(judgeOn(["pg-sidecar-1"], [database], [])).toMatch(/^ok: pgAdmin is on pg-sidecar-1, and no way/);
            expect(judgeOn(["pg-sidecar-1", "coolify"], [database], [])).toMatch(/^ok/);
        });

        test("each open way is named with what closes it", () => {
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

        test("pgAdmin on the database's network by hand fails", () => {
            expect(judgeOn(["pg-sidecar-1", "abc"], [database], [])).toMatch(/^failed: .* docker network disconnect abc pgadmin-1/);
        });

        test("the direct entry is meant, and without a database's container nothing is known", () => {
            expect(judgeOn(["abc"], [database], ["172.18.0.2:5432"], { pgadminDirect: true })).toMatch(/^warning: .*as pgadminDirect says/);
            expect(judgeOn(["pg-sidecar-1"], [], [])).toMatch(/^skipped/);
        });
    });

    test("ports", () => {
        const on = (address: string, port: number) => [{ inside: 5432, address, port }];
        expect(judgePorts([], [], 0, "pulumi up").result).toBe("ok");
        expect(judgePorts([], on("127.0.0.1", 5050), 5050, "pulumi up").result).toBe("ok");
        expect(judgePorts([], on("0.0.0.0", 5050), 5050, "pulumi up").result).toBe("failed");
        expect(judgePorts([], on("127.0.0.1", 5050), 0, "pulumi up").result).toBe("failed");
        expect(judgePorts(on("127.0.0.1", 6432), [], 0, "pulumi up").result).toBe("failed");
    });
});

describe("the pooler", () => {
    const facts = parseConsole(
        [
            "@VERSION\nversion\nPgBouncer 1.24.1",
            "@POOLS\ndatabase\x1fuser\x1fsv_active\x1fsv_idle\x1fpool_mode",
            "tracksolid_db\x1fpostgres\x1f3\x1f12\x1ftransaction\ntracksolid_db\x1fgrafana\x1f1\x1f0\x1ftransaction",
            "@DATABASES\nname\x1fhost\ntracksolid_db\x1ftimescale_db",
            "@CONFIG\nkey\x1fvalue\x1fdefault\nauth_query\x1fSELECT uname, phash FROM public.user_lookup($1)\x1f",
            "ignore_startup_parameters\x1fextra_float_digits,\x1f\nmax_packet_size\x1f2147483647\x1f\npool_mode\x1ftransaction\x1f\n",
        ].join("\n"),
    );

    test("its console is read", () => {
        expect(facts.version).toBe("1.24.1");
        expect(facts.pools).toHaveLength(2);
        expect(facts.config.pool_mode).toBe("transaction");
    });

    test.each([
        ["edoburu/pgbouncer:v1.25.2-p0@sha256:12", "1.25.2"],
        ["127.0.0.1:5000/edoburu/pgbouncer:1.24.1", "1.24.1"],
        ["127.0.0.1:5000/edoburu/pgbouncer@sha256:12", undefined],
        ["edoburu/pgbouncer:latest", undefined],
    ])("the tag of %s names %s", (reference, version) => expect(versionInTag(reference)).toBe(version));

    test("a version other than the tag's fails, without one it is skipped", () => {
        expect(judgeVersion("1.24.1", "a:v1.24.1-p0").result).toBe("ok");
        expect(judgeVersion("1.24.1", "a:v1.25.2-p0").result).toBe("failed");
        expect(judgeVersion("1.24.1", "a:latest").result).toBe("skipped");
    });

    test("versions are compared by number", () => {
        expect(compareVersions("1.9.0", "1.25.0")).toBeLessThan(0);
        expect(compareVersions("1.26.1", "1.26.1")).toBe(0);
    });

    test("known vulnerabilities are told by version, and averted ones with the reason", () => {
        const ids = (version: string, config = facts.config) => vulnerabilitiesOf(version, config).open.map((one) => one.split(":")[0]);
        expect(ids("1.24.1")).toEqual(["CVE-2026-6664", "CVE-2026-6668", "CVE-2026-19888", "CVE-2026-107350"]);
        expect(ids("1.25.2")).toEqual(["CVE-2026-6668", "CVE-2026-19888", "CVE-2026-107350"]);
        expect(ids("1.26.1")).toEqual([]);
        const unsafe = {
            auth_query: "SELECT * FROM lookup($1)",
            ignore_startup_parameters: "extra_float_digits",
            max_packet_size: "4294967295",
        };
        expect(ids("1.26.0", unsafe)).toEqual(["CVE-2025-2291", "CVE-2026-107348", "CVE-2026-107349", "CVE-2026-107350"]);
        expect(judgeVulnerabilities(facts, "s").result).toBe("warning");
        expect(seen(judgeVulnerabilities({ ...facts, version: "1.26.1" }, "s"))).toMatch(
            /^ok: none is open in 1.26.1; averted: CVE-2025-2291/,
        );
    });

    test.each([
        ["extra_float_digits,", true],
        ["extra_float_digits, options", true],
        ["extra_float_digits,options", false],
        ["extra_float_digits", false],
        [",", true],
        ["", true],
    ])("a search of %j for the empty name ends: %s", (list, ends) => {
        expect(hasEmptyName(list)).toBe(ends);
    });

    test("a pool in another mode fails", () => {
        expect(judgeMode(facts, ["tracksolid_db"]).result).toBe("ok");
        expect(judgeMode({ ...facts, config: { pool_mode: "session" } }, ["tracksolid_db"]).result).toBe("failed");
        const pools = [{ database: "tracksolid_db", user: "postgres", pool_mode: "session" }];
        expect(seen(judgeMode({ ...facts, pools }, ["tracksolid_db"]))).toContain("tracksolid_db/postgres is in session mode");
    });

    test("a configuration that differs from the deployed one fails with both values", () => {
        const ini = "[databases]\nx = host=y\n\n[pgbouncer]\nlisten_addr = *\n; a comment = 1\nlisten_port = 6432\n";
        expect(judgeConfig({ listen_addr: "*", listen_port: "6432" }, ini, "pulumi up")).toMatchObject({
            result: "ok",
            saw: expect.stringMatching(/^2 /),
        });
        expect(seen(judgeConfig({ listen_addr: "*", listen_port: "6433" }, ini, "pulumi up"))).toContain(
            "listen_port is 6433, deployed was 6432",
        );
    });

    test("pools are counted over their users", () => {
        expect(seen(judgeLimits(facts, ["tracksolid_db"], 16, 18))).toMatch(/^ok: tracksolid_db 16 of 16; in all 16 of 18/);
        expect(judgeLimits(facts, ["tracksolid_db"], 15, 18).result).toBe("failed");
        expect(judgeLimits(facts, ["tracksolid_db"], 16, 15).result).toBe("failed");
    });
});

describe("the lookup", () => {
    const body = lookupBody({ lookupFunction: "public.user_lookup", owner: "pg-sidecar/s" });
    const facts = { superuser: true, roleExists: true, owner: "postgres", body, executors: ["pgbouncer", "postgres"] };
    const deployed = { authFunction: "public.user_lookup" } as Deployed;
    const mend = remedies({
        upCommand: "pulumi up --stack s",
        owner: "pg-sidecar/s",
        psqlCommand: "psql -h h",
        deployed,
    });
    const grants = (more: Partial<LookupFacts>, answersSuperuser = false) =>
        seen(judgeGrants({ ...facts, ...more }, answersSuperuser, "pgbouncer", mend));

    test("is nobody's but the owner's and the role's", () => {
        expect(grants({})).toMatch(/^ok/);
        expect(grants({ executors: ["PUBLIC", "pgbouncer"] })).toMatch(/^failed: PUBLIC may execute it .*--replace '\*\*-public'/);
        expect(grants({ executors: ["grafana", "pgbouncer"] })).toMatch(/^failed: grafana .*REVOKE EXECUTE .* FROM "grafana"/);
        expect(grants({ executors: ["postgres"] })).toMatch(/^failed: pgbouncer may not/);
        expect(grants({}, true)).toMatch(/^failed: it shows verifiers .* pulumi up --stack s --refresh$/);
    });

    test("replaced by one without the mark has to be dropped, as an up does not touch it", () => {
        expect(mend.body("SELECT 1")).toMatch(/^psql -h h -c 'DROP FUNCTION public.user_lookup\(text\)' && pulumi up --stack s --refresh/);
    });

    test("has to find an unexpired password, and not an expired one", () => {
        expect(judgeExpiry({ unexpired: true, expired: true }, "").result).toBe("ok");
        expect(judgeExpiry({ unexpired: false, expired: true }, "").result).toBe("failed");
        expect(judgeExpiry({ unexpired: true, expired: false }, "").result).toBe("failed");
    });

    test("proves nothing where the traps don't work, and names what they changed", () => {
        const right = { trapWorks: true, live: true, expired: true, unknown: true };
        expect(judgePath(right, "").result).toBe("ok");
        expect(judgePath({ ...right, trapWorks: false }, "").result).toBe("skipped");
        expect(judgePath({ ...right, live: false, unknown: false }, "").saw).toContain("a live and an unknown role");
    });
});

describe("leaks", () => {
    const leak = { id: "set", what: "SET" };

    test("are read per kind", () => {
        expect(parseLooks("looked\nlooked\nlooked\nset f\nrole t\n")).toEqual({ looked: 3, leaked: { set: false, role: true } });
        expect(parseLooks("looked\nlooked\n")).toEqual({ looked: 2 });
    });

    test("fail in strict mode, are the price in fast mode, and are not judged where nobody got the backend", () => {
        expect(judgeLeak({ looked: 1, leaked: { set: false } }, leak, true, "pulumi up").result).toBe("ok");
        expect(judgeLeak({ looked: 1, leaked: { set: true } }, leak, true, "pulumi up").result).toBe("failed");
        expect(seen(judgeLeak({ looked: 1, leaked: { set: true } }, leak, false, "pulumi up"))).toMatch(
            /^warning: .*price of serverResetQueryAlways/,
        );
        expect(judgeLeak({ looked: 60 }, leak, true, "pulumi up").result).toBe("skipped");
    });
});

describe("the load", () => {
    const room: Room = { maxConnections: 100, reserved: 3, used: 70, pooled: 2 };

    test("is refused where the pool's growth and the margin don't fit", () => {
        expect(whyNoRoom(room, 18)).toBeUndefined(); // 27 left, 16 + 5 needed
        expect(whyNoRoom({ ...room, used: 76 }, 18)).toBeUndefined();
        expect(whyNoRoom({ ...room, used: 77 }, 18)).toContain("20 are left: max_connections 100, less 3 reserved and 77 in use");
        expect(whyNoRoom({ ...room, used: 92, pooled: 18 }, 18)).toBeUndefined(); // a full pool grows no more
    });

    const printed = `connection|12.5|100
backends|1000.0|2
backends|1000.5|2
connection|10.5|110
connection|11.5|121
phase|during
backends|1001.0|9
connection|20.0|130
backends|1001.5|18
phase|after
clients|1200|query
clients|30|finished
connection|9.0|140
phase|over
`;
    const facts = parseLoad(printed, "Terminated\n");
    const changed = (more: Partial<LoadFacts>): LoadFacts => ({ ...facts, ...more });

    test("is read by phase", () => {
        expect(facts).toMatchObject({ stress: { from: 0.5, to: 1.5 }, queries: 1200, finished: 30, failures: [], watchError: "" });
        expect(facts.connections.map(({ phase }) => phase)).toEqual(["before", "before", "before", "during", "after"]);
        expect(parseLoad("phase|during\n", "psql: error: gone").watchError).toBe("psql: error: gone");
        expect(parseLoad("clients|2|ERROR:  query_wait_timeout\nphase|over\n", "").failures).toEqual(["2 × ERROR:  query_wait_timeout"]);
    });

    test("passes within one pooler's backends, and shows a chart", () => {
        expect(seen(judgeStress(facts, 18))).toMatch(/^ok: 30 clients, 1200 queries, at most 18 backends of 18/);
        expect(judgeStress(facts, 18).chart!.join("\n")).toContain("18 at most");
    });

    test.each<[string, Partial<LoadFacts>, string]>([
        ["too many backends", { backends: [{ at: 1, value: 19 }] }, "more backends than one pooler may hold"],
        ["a failed query", { failures: ["1 × ERROR:  no"] }, "1 × ERROR:  no"],
        ["a client that stopped", { finished: 29 }, "1 of 30 clients"],
        ["backends that nobody sees", { backends: [{ at: 1, value: 0 }] }, "pg_read_all_stats"],
        ["a watch that ended", { watchError: "FATAL: no" }, "the watch ended early: FATAL: no"],
    ])("%s fails", (_, more, said) => {
        const outcome = judgeStress(changed(more), 18);
        expect(outcome.result).toBe("failed");
        expect(outcome.saw).toContain(said);
    });

    test("direct connections are told with their median", () => {
        expect(seen(judgeDirect(facts, true))).toMatch(/^ok: 3 before, median 12 ms; 1 during, median 20 ms/);
        expect(judgeDirect(changed({ watchError: "FATAL:  too many clients" }), true).result).toBe("failed");
        expect(judgeDirect(changed({ connections: facts.connections.slice(0, 3) }), true).result).toBe("failed");
        expect(seen(judgeDirect(changed({ connections: facts.connections.slice(0, 3) }), false))).toMatch(/^ok: .*there was no stress/);
    });

    test("the pipeline has to go on, where it wrote before", () => {
        const counts = (...inserted: (number | null)[]) =>
            changed({ connections: facts.connections.map((one, at) => ({ ...one, inserted: inserted[at]! })) });
        expect(judgePipeline(counts(100, 110, 121, 150, 160), "a.b").result).toBe("ok");
        expect(judgePipeline(counts(100, 110, 121, 121, 121), "a.b").result).toBe("failed");
        expect(judgePipeline(counts(100, 110, 121, 122, 123), "a.b").result).toBe("warning");
        expect(judgePipeline(counts(100, 100, 100, 100, 100), "a.b").saw).toContain("grew 0 times");
        expect(judgePipeline(counts(null, null, null, null, null), "a.b").saw).toContain("no table a.b");
        expect(judgePipeline(counts(100, 110, 121, 90, 160), "a.b").result).toBe("ok"); // a chunk was dropped
    });
});

test("a visit over HTTPS needs pgAdmin's answer, and a certificate that lasts", () => {
    const now = new Date("2026-01-01");
    const visit = { status: 200, body: "PING", until: new Date("2026-03-01") };
    expect(judgeVisit(visit, "d", now)).toMatchObject({ result: "ok", saw: "https://d answers, its certificate holds for 59 days" });
    expect(judgeVisit({ ...visit, until: new Date("2026-01-05") }, "d", now).result).toBe("warning");
    expect(judgeVisit({ ...visit, status: 404, body: "404 page not found" }, "d", now).result).toBe("failed");
});
