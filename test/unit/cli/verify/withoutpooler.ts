import { stackLabel } from "../../../../components/labels";
import { Target, targetOf } from "../../../../cli/verify/target";
import { fakeEngine } from "../../host/fakeengine";
import { outputs, settings } from "./fixture";

/** Looks at a stack whose containers are gone. */
export async function withoutPooler<T>(look: (target: Target) => Promise<T>): Promise<T> {
    const target = targetOf("stage", outputs, settings);
    const filters = encodeURIComponent(JSON.stringify({ label: [`${stackLabel}=${target.owner}`] }));
    const engine = await fakeEngine({ [`GET /containers/json?all=true&filters=${filters}`]: { body: [] } });
    try {
        return await look({ ...target, docker: engine.docker });
    } finally {
        engine.close();
    }
}
