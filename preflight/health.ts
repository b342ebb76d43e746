import { Finding, warning } from "../findings/finding";
import { shellWord } from "../findings/quoting";
import { HostFacts } from "../host/containers";
import { dockerCommand } from "../host/engine";
import { upCommand } from "../host/remedies";
import { Settings } from "../settings/settings";
import { StackState } from "./state";

/** The stack's containers that run, but whose health check fails. A run that has nothing to change would not mention them. */
export function judgeHealth({ deployment: { resources = [] } }: StackState, { containers }: HostFacts, settings: Settings): Finding[] {
    return containers
        .filter(({ running, health }) => running && health === "unhealthy")
        .flatMap(({ id, name, healthOutput }) => {
            const resource = resources.find((one) => one.id === id && !one.delete);
            if (!resource) return [];
            const replace = `${upCommand(settings)} --replace '**Container::${resource.urn.split("::").at(-1)}'`;
            return [
                warning(
                    `${name} is unhealthy. Its health check says: ${healthOutput.replace(/\s+/g, " ") || "nothing within its time"}`,
                    `if that names no cause, ${dockerCommand(settings.docker)} restart ${shellWord(name)}, or replace it: ${replace}`,
                ),
            ];
        });
}
