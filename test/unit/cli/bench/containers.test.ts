import { refuseSecond } from "../../../../cli/bench/containers";
import { targetOf } from "../../../../cli/verify/target";
import { fakeEngine } from "../../host/fakeengine";
import { outputs, settings } from "../verify/fixture";

/** Looks for another bench on a Docker host that has these containers of one. */
async function look(...names: string[]): Promise<void> {
    const filters = encodeURIComponent(JSON.stringify({ label: ["pg-sidecar.bench"], status: ["running"] }));
    const body = names.map((name) => ({ Names: [`/${name}`] }));
    const engine = await fakeEngine({ [`GET /containers/json?filters=${filters}`]: { body } });
    try {
        await refuseSecond({ ...targetOf("stage", outputs, settings), docker: engine.docker });
    } finally {
        engine.close();
    }
}

test("a bench that runs is not disturbed, and what a killed one left has a remedy for all of it", async () => {
    await look();
    await expect(look("sidecar-bench-generator", "sidecar-bench-fast")).rejects.toThrow(
        "another bench runs on this Docker host, or was killed (containers sidecar-bench-generator sidecar-bench-fast).\n" +
            "Fix: wait until it has ended; if it was killed: docker rm -f sidecar-bench-generator sidecar-bench-fast; " +
            "then run bench again, which removes the rest",
    );
});
