import { PoolerFiles, reloadSettings } from "../../../components/pgbouncer/reload";
import { program } from "../../../program";

// A program like ours, but for one file of the pooler's settings. The environment says which.

const spoils: Record<string, (files: PoolerFiles) => Partial<PoolerFiles>> = {
    ini: ({ inis }) => ({ inis: inis.map((ini) => `${ini}no_such_setting = 1\n`) }),
    userlist: () => ({ userlist: '"pgbouncer" "wrong-password"\n' }),
};
const spoil = spoils[process.env.TEST_SPOILS ?? ""]!;

export = () => program((docker, { files, ...rest }) => reloadSettings(docker, { ...rest, files: { ...files, ...spoil(files) } }));
