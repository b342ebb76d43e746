import { ContainerFacts } from "../../../host/containers";
import { judgeHealth } from "../../../preflight/health";
import { settingsOf } from "../fixture";
import { container } from "./fixture";

describe("the health of what the stack has", () => {
    const resource = { type: "docker:index/container:Container", id: "c1", urn: "urn:pulumi:stage::pg-sidecar::x::pgadmin" };
    const judge = (more: Partial<ContainerFacts>) =>
        judgeHealth(
            { deployment: { resources: [resource] } },
            { networks: [], containers: [container({ id: "c1", name: "pgadmin-1", ...more })] },
            settingsOf(),
        );

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
        const [finding, ...others] = judge({ health: "unhealthy", healthOutput: "timed\nout" });
        expect(others).toEqual([]);
        expect(finding).toMatchObject({
            level: "warning",
            what: "pgadmin-1 is unhealthy. Its health check says: timed out",
            fix: "if that names no cause, docker restart pgadmin-1, or replace it: pulumi up --stack stage --replace '**Container::pgadmin'",
        });
    });
});
