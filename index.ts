import { explainFailures } from "./components/failure";
import { tryImage } from "./components/pgadmin/trial";
import { preflight } from "./preflight/preflight";
import { readSettings } from "./settings/settings";
import { deploy } from "./stack";

/** The program: settings, then what speaks against them, then the components. What it returns are the stack's outputs. */
export = async () => {
    const { settings, owned } = await preflight(readSettings());
    await explainFailures(settings.docker);
    return deploy(settings, { ...(owned ? { inState: owned } : {}), tryImage: (trial) => tryImage(settings.docker, trial) });
};
