import { judgeConfinement, judgeContainers, judgeImage, judgePorts } from "../../../../../cli/verify/checks/containers";
import { ContainerFacts } from "../../../../../host/containers";
import { container as anyContainer } from "../../../preflight/fixture";
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

    test("a stack without pgAdmin has the pooler alone", () => {
        const judged = judgeContainers([container("pgbouncer-1")], { pgbouncer: "pgbouncer-1" }, { upCommand: "", dockerCommand: "" });
        expect(seen(judged)).toBe("ok: pgbouncer-1 healthy, 0 restarts ");
    });

    test("an image is judged by its digest", () => {
        expect(judgeImage("a/b:1@sha256:12", ["a/b@sha256:12"], "pulumi up").result).toBe("ok");
        expect(judgeImage("a/b:1@sha256:12", ["a/b@sha256:123"], "pulumi up").result).toBe("failed");
        expect(judgeImage("a/b:1", ["a/b@sha256:12"], "pulumi up").result).toBe("skipped");
    });

    test("confinement", () => {
        const judged = (more: Partial<ContainerFacts["confinement"]>, limits = { memory: true, processes: true }) => {
            const one = container("pgadmin-1");
            return seen(judgeConfinement([{ ...one, confinement: { ...one.confinement, ...more } }], limits, "pulumi up"));
        };
        expect(judged({})).toMatch(/^ok: pgadmin-1 has 256 MiB, 128 processes/);
        expect(judged({ readOnly: false, pids: 0 })).toBe(
            "failed: pgadmin-1: its root can be written; pgadmin-1: its processes have no limit pulumi up --refresh",
        );
        for (const key of ["capabilities", "newPrivileges", "privileged"] as const) expect(judged({ [key]: true })).toMatch(/^failed/);
        expect(judged({ memory: 0 })).toMatch(/^failed/);
        expect(judged({ pids: 0 }, { memory: false, processes: false })).toMatch(/^warning: this engine can't limit/);
    });
    test("ports", () => {
        const at = (address: string, ...ports: number[]) => ports.map((port) => ({ inside: 5432, address, port }));
        const engine = { up: "pulumi up", guarded: true };
        const judged = (published: ReturnType<typeof at>, ...expected: number[]) =>
            seen(
                judgePorts(
                    [
                        { who: "pgbouncer", published: [], expected: [] },
                        { who: "pgAdmin", published, expected },
                    ],
                    engine,
                ),
            );
        expect(judged([])).toBe("ok: published: pgbouncer nothing, pgAdmin nothing ");
        expect(judged(at("127.0.0.1", 5050), 5050)).toBe("ok: published: pgbouncer nothing, pgAdmin 127.0.0.1:5050 ");
        expect(judged(at("127.0.0.1", 9188, 9187), 9187, 9188)).toMatch(/^ok: .* 127\.0\.0\.1:9187, 127\.0\.0\.1:9188 $/);
        expect(judged(at("0.0.0.0", 5050), 5050)).toBe(
            "failed: published: pgbouncer nothing, pgAdmin 0.0.0.0:5050; pgAdmin should publish 127.0.0.1:5050 pulumi up --refresh",
        );
        expect(judged(at("127.0.0.1", 5050))).toMatch(/^failed: .*; pgAdmin should publish nothing/);
        expect(judged([], 5050)).toMatch(/^failed/);
        expect(judgePorts([{ who: "pgbouncer", published: at("127.0.0.1", 6432), expected: [] }], engine).result).toBe("failed");
        const before28 = (...ports: number[]) =>
            judgePorts([{ who: "pgAdmin", published: at("127.0.0.1", ...ports), expected: ports }], { ...engine, guarded: false }).result;
        expect([before28(5050), before28()]).toEqual(["warning", "ok"]);
    });
});
