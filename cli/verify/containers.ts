import { setTimeout } from "timers/promises";
import { resourceNames } from "../../components/names";
import { ContainerFacts, inspectContainers } from "../../host/containers";
import { once, Unmet } from "./check";
import { Target } from "./target";

/** Seconds that a container which has just started is given to become healthy. */
const startTimeout = 60;

/** All containers that carry the stack's label, running or not. Waits while one of them starts, for up to 60 s. */
export const findContainers = once(async ({ docker, owner }: Target): Promise<ContainerFacts[]> => {
    const deadline = Date.now() + startTimeout * 1000;
    for (;;) {
        const containers = await inspectContainers(docker, owner);
        if (Date.now() > deadline || !containers.some(({ health }) => health === "starting")) return containers;
        await setTimeout(1000);
    }
});

/** The exporters' containers, running or not. */
export async function findExporters(target: Target): Promise<ContainerFacts[]> {
    return (await findContainers(target)).filter(({ name }) => name.startsWith(`${resourceNames.metrics}-`));
}

/** The stack's container of this name; undefined if there is none. */
export async function findContainer(target: Target, name: string): Promise<ContainerFacts | undefined> {
    return (await findContainers(target)).find((one) => one.name === name);
}

/** The same if it runs. Throws an Unmet if not. */
export async function runningContainer(target: Target, name: string, what = "container"): Promise<ContainerFacts> {
    const one = await findContainer(target, name);
    if (!one?.running) throw new Unmet(`${what} ${name} is not running`, "containers", `${target.upCommand} --refresh`);
    return one;
}
