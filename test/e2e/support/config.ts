import * as fs from "fs";
import { dump, load } from "js-yaml";
import { writeWhole } from "../../../lab/files";

/** A setting's name in a stack's file: the project's own settings have its name before them. */
export const configKey = (key: string): string => (key.includes(":") ? key : `pg-sidecar:${key}`);

/** Changes the settings in the stack's file, as `pulumi config` does; the environment says which file. */
export function changeConfig(env: Record<string, string>, change: (config: Record<string, unknown>) => unknown): void {
    const file = env.PULUMI_OPTION_CONFIG_FILE!;
    const stack = load(fs.readFileSync(file, "utf8")) as { config: Record<string, unknown> };
    change(stack.config);
    writeWhole(file, dump(stack, { lineWidth: -1 })); // one setting a line, as the CLI has it
}
