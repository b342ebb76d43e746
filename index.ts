import { explainFailures } from "./components/failure";
import { tryImage } from "./components/pgadmin/trial";
import { reloadSettings } from "./components/pgbouncer/settings";
import { preflight } from "./preflight/preflight";
import { readSettings } from "./settings/settings";
import { deploy } from "./stack";

/** The program: it reads the settings, has the preflight check them, and declares the components. It returns the stack's outputs. */
export = async () => {
    const { settings, owned } = await preflight(readSettings());
    await explainFailures(settings.docker);
    return deploy(settings, {
        inState: owned,
        tryImage: (trial) => tryImage(settings.docker, trial),
        reload: (reload) => reloadSettings(settings.docker, reload),
    });
};
