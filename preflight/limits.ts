import { Finding, unchecked } from "../findings/finding";
import { engineLimits } from "../host/containers";
import { isForbidden, passFix } from "../host/unreachableengine";
import { Settings } from "../settings/settings";

/**
 * Whether the engine can limit swap. If what is in front of it refuses to say, a preview takes that it can, as most engines can.
 * An `up` would ask again for its other limits, after the pooler is there.
 */
export async function inspectLimits({ docker }: Pick<Settings, "docker">): Promise<{ swapLimit: boolean; refused: Finding[] }> {
    try {
        return { swapLimit: (await engineLimits(docker)).swap, refused: [] };
    } catch (cause) {
        const { message } = cause as Error;
        if (!isForbidden(message)) throw cause;
        return { swapLimit: true, refused: [unchecked(message, passFix)] };
    }
}
