import { explainFailures } from "../../../components/failure";
import { tryImage } from "../../../components/pgadmin/trial";
import { PoolerFiles, reloadSettings } from "../../../components/pgbouncer/settings";
import { preflight } from "../../../preflight/preflight";
import { readSettings } from "../../../settings/settings";
import { deploy } from "../../../stack";

// A program like ours, but for one file of the pooler's settings. The environment says which.

const spoils: Record<string, (files: PoolerFiles) => Partial<PoolerFiles>> = {
    ini: ({ inis }) => ({ inis: inis.map((ini) => `${ini}no_such_setting = 1\n`) }),
    userlist: () => ({ userlist: '"pgbouncer" "wrong-password"\n' }),
};
const spoil = spoils[process.env.TEST_SPOILS ?? ""]!;

export = async () => {
    const { settings, owned } = await preflight(readSettings());
    await explainFailures(settings.docker);
    return deploy(settings, {
        inState: owned,
        tryImage: (trial) => tryImage(settings.docker, trial),
        reload: ({ files, ...rest }) => reloadSettings(settings.docker, { ...rest, files: { ...files, ...spoil(files) } }),
    });
};
