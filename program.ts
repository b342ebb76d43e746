import { explainFailures } from "./components/failure";
import { writeSecrets } from "./components/secrets";
import { tryImage } from "./components/pgadmin/trial";
import { reloadSettings } from "./components/pgbouncer/reload";
import { limitProcesses } from "./host/containers";
import { refreshable } from "./host/gone";
import { preflight } from "./preflight/preflight";
import { readSettings } from "./settings/settings";
import { deploy } from "./stack";

/**
 * The program's body: it reads the settings, has the preflight check them, and declares the components. It returns the stack's
 * outputs. A test hands in another way to put the pooler's settings in force.
 */
export async function program(reload = reloadSettings) {
    const { settings, owned, startInterval, swapLimit } = await preflight(readSettings());
    const { docker } = settings;
    await explainFailures(settings);
    return deploy(settings, {
        inState: owned,
        tryImage: refreshable(settings, (trial) => tryImage(docker, trial)),
        reload: refreshable(settings, (pooler) => reload(docker, pooler)),
        writeSecrets: refreshable(settings, (secrets) => writeSecrets(docker, secrets)),
        limitProcesses: refreshable(settings, (limit) => limitProcesses(docker, limit)),
        startInterval,
        swapLimit,
    });
}
