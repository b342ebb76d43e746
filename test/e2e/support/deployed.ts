import { createHash } from "crypto";
import * as fs from "fs";
import { performance } from "perf_hooks";
import { fileURLToPath } from "url";
import { writeWhole } from "../../../lab/files";
import { inLab } from "../../../lab/paths";

// The end-to-end files run one after another on one stack, so most find it as an `up` a moment ago has left it.

interface Deployer {
    env: Record<string, string>;
}

const file = inLab("deployed");

/**
 * The run of the tests, the stack's settings and its state. Each command of Pulumi's that changes the stack writes its state, so
 * another one since then shows. The run is part of it because the program may have been edited before the next.
 */
function fingerprint({ env }: Deployer): string | undefined {
    const state = `${fileURLToPath(env.PULUMI_BACKEND_URL!)}/.pulumi/stacks/pg-sidecar/${env.PULUMI_STACK}.json`;
    const settings = env.PULUMI_OPTION_CONFIG_FILE!;
    if (![state, settings].every((one) => fs.existsSync(one))) return undefined;
    const hash = createHash("sha256").update(String(performance.timeOrigin));
    for (const one of [state, settings]) hash.update(`\0${one}\0`).update(fs.readFileSync(one));
    return hash.digest("hex");
}

/** Notes that an `up` has just deployed the stack. */
export function noteDeployed(on: Deployer): void {
    writeWhole(file, fingerprint(on) ?? "");
}

/** Whether settings and state are those of this run's last `up`. */
export function isDeployed(on: Deployer): boolean {
    return fs.existsSync(file) && fs.readFileSync(file, "utf8") === fingerprint(on);
}
