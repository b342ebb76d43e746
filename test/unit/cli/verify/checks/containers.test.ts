import { judgeContainers, judgeImage, judgeIsolation, judgePorts } from "../../../../../cli/verify/checks/containers";
import { ContainerFacts } from "../../../../../host/containers";
import { Deployed } from "../../../../../settings/deployed";
import { at, container as anyContainer } from "../../../preflight/fixture";
import { seen } from "../seen";

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
        ["stopped", [container("pgbouncer-1", { running: false }), pgadmin], /^failed: container pgbouncer-1 is not running/],
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

    test("ports", () => {
        const on = (address: string, port: number) => [{ inside: 5432, address, port }];
        expect(judgePorts([], [], 0, "pulumi up").result).toBe("ok");
        expect(judgePorts([], on("127.0.0.1", 5050), 5050, "pulumi up").result).toBe("ok");
        expect(judgePorts([], on("0.0.0.0", 5050), 5050, "pulumi up").result).toBe("failed");
        expect(judgePorts([], on("127.0.0.1", 5050), 0, "pulumi up").result).toBe("failed");
        expect(judgePorts(on("127.0.0.1", 6432), [], 0, "pulumi up").result).toBe("failed");
    });
});
