import { Settings } from "../settings/settings";
import { HostFacts } from "./docker";
import { viaTunnel } from "../host/remedies";
import { dockerCommand } from "../host/engine";
import { Finding, warning } from "../findings/finding";
import { StackState } from "./state";

/** Containers of the stack that run, but whose health check fails: a run that has nothing to change would not say so. */
export function judgeHealth({ deployment: { resources = [] } }: StackState, { containers }: HostFacts, settings: Settings): Finding[] {
    const cli = dockerCommand(settings.docker);
    return containers
        .filter(({ running, health }) => running && health === "unhealthy")
        .flatMap(({ id, name, healthSaid }) => {
            const resource = resources.find((one) => one.id === id && !one.delete);
            if (!resource) return [];
            const replace = `${viaTunnel(settings)}pulumi up --stack ${settings.stack} --replace '**Container::${resource.urn.split("::").at(-1)}'`;
            return [
                warning(
                    `${name} is unhealthy. Its health check says: ${healthSaid.replace(/\s+/g, " ") || "nothing within its time"}. ` +
                        `Fix: if that names no cause, ${cli} restart ${name}, or put another in its place: ${replace}`,
                ),
            ];
        });
}
