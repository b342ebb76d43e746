import * as pulumi from "@pulumi/pulumi";
import { owner } from "../components/labels";
import { UserError } from "../findings/errors";
import { Finding, render, warning } from "../findings/finding";
import { HostFacts, inspectHost, inspectVolumes, knowsStartInterval, ListedContainer } from "../host/containers";
import { runTasks } from "../host/tasks";
import { explainUnreachableDatabase } from "../host/unreachabledatabase";
import { explainUnreachableEngine } from "../host/unreachableengine";
import { Settings } from "../settings/settings";
import { DatabaseFacts, inspectDatabase } from "./database";
import { judgeHost } from "./docker";
import { judgeDomain } from "./domain";
import { judgeHealth } from "./health";
import { inspectImages } from "./images";
import { judgeDatabase } from "./judgedatabase";
import { findLeftovers, judgeState, removeLeftovers } from "./leftovers";
import { inspectLimits } from "./limits";
import { judgeLogin } from "./login";
import { judgeLostGrants } from "./lostgrants";
import { databasesOn, findDatabaseNetwork } from "./network";
import { reviveOutgoing } from "./outgoing";
import { judgePorts } from "./port";
import { inspectProxy, judgeProxy } from "./proxy";
import { judgeSsh } from "./ssh";
import { OwnedResources, ownedResources, readState, StackState } from "./state";
import { judgeTunnel } from "./tunnel";
import { judgeUse } from "./usage";

/** Thrown once with everything that prevents the run, before any resource is registered. */
export class PreflightError extends UserError {}

/** What a run continues with. */
export interface Cleared {
    /** The settings, with what was looked up in them. */
    settings: Settings;
    /** Whether the engine knows a health check's `startInterval`. */
    startInterval: boolean;
    /** Whether the engine can limit swap. */
    swapLimit: boolean;
    /** What the stack's state lists; undefined if it could not be read. */
    owned?: OwnedResources;
}

/** What the Docker host's engine said. */
interface EngineFacts {
    host: HostFacts;
    images: Finding[];
    /** The running containers, if pgAdmin is to be behind a proxy. */
    besideProxy: ListedContainer[];
    startInterval: boolean;
    swapLimit: boolean;
    /** What the engine could not be asked. */
    refused: Finding[];
}

/**
 * Checks the database and the Docker host before anything is registered. What can't be reached stops an `up`. A `preview`
 * without the database reports what it could not check and continues, since a review's CI may not reach it. An `up` also
 * removes what an interrupted run left behind.
 */
export async function preflight(configured: Settings, dryRun = pulumi.runtime.isDryRun()): Promise<Cleared> {
    const failure = (cause: Error) => cause;
    const [database, engine, state, ssh] = await Promise.all([
        inspectDatabase(configured).catch(failure),
        inspectEngine(configured).catch(failure),
        readState(configured.stack).catch(failure),
        judgeSsh(configured),
    ]);
    const network = engine instanceof Error ? configured.databaseNetwork : findDatabaseNetwork(engine.host, configured);
    const settings = typeof network === "string" ? { ...configured, databaseNetwork: network } : configured;
    const owned = ownedResources(state instanceof Error ? { deployment: {} } : state, owner());
    await report(settings, dryRun, [
        ...(database instanceof Error
            ? [explainUnreachableDatabase(database, settings, databaseContainer(engine, settings))]
            : judgeDatabase(database, settings, owned, engine instanceof Error ? undefined : engine.startInterval)),
        ...(engine instanceof Error
            ? [explainUnreachableEngine(engine, settings)]
            : [
                  ...(typeof network === "string" ? judgeHost(engine.host, settings, owned) : [network]),
                  ...(await judgePorts(engine.host, settings)),
                  ...engine.images,
                  ...judgeProxy(engine.besideProxy, settings),
                  ...judgeDomain(engine.besideProxy, settings, owned),
                  ...engine.refused,
              ]),
        ...judgeLogin(settings),
        ...judgeTunnel(settings),
        ...ssh,
        ...judgeStateOn(engine, state, owned, settings),
        ...(database instanceof Error || engine instanceof Error || state instanceof Error
            ? []
            : judgeUse(database, engine.host, settings, owned)),
        ...(database instanceof Error || state instanceof Error ? [] : await judgeLostGrants(state, owned.functions, settings)),
    ]);
    // Without the state, a leftover can't be distinguished from what the stack has. Database and engine were reached, or the report had thrown.
    if (!dryRun && !(state instanceof Error)) {
        const facts = database as DatabaseFacts;
        const { host } = engine as EngineFacts;
        const volumes = await inspectVolumes(settings.docker);
        await removeLeftovers(settings, findLeftovers(settings, owned, { database: facts, host, volumes }), facts);
        await reviveOutgoing(state, owned, settings, facts);
    }
    const startInterval = !(engine instanceof Error) && engine.startInterval;
    // Most engines can, so a preview without the engine takes that.
    const swapLimit = engine instanceof Error || engine.swapLimit;
    return { settings, startInterval, swapLimit, ...(state instanceof Error ? {} : { owned }) };
}

/** Asks the engine everything at the same time, or over ssh one question after another (see runTasks). */
async function inspectEngine(settings: Settings): Promise<EngineFacts> {
    const facts: Partial<EngineFacts> = {};
    await runTasks<unknown>(settings.docker, [
        async () => (facts.host = await inspectHost(settings.docker)),
        async () => (facts.images = await inspectImages(settings)),
        async () => (facts.besideProxy = await inspectProxy(settings)),
        async () => (facts.startInterval = await knowsStartInterval(settings.docker)),
        async () => Object.assign(facts, await inspectLimits(settings)),
    ]);
    return facts as EngineFacts;
}

/** Whether the state belongs to what runs on the host, and whether its containers are healthy. */
function judgeStateOn(engine: EngineFacts | Error, state: StackState | Error, owned: OwnedResources, settings: Settings): Finding[] {
    if (state instanceof Error) return [warning(`not checked: the stack's state (pulumi stack export: ${state.message.trim()})`)];
    if (engine instanceof Error) return [];
    return [...judgeHealth(state, engine.host, settings), ...judgeState(state, owned, engine.host, settings)];
}

/** The only container that answers to `databaseHost`, if there is one. */
function databaseContainer(engine: EngineFacts | Error, settings: Settings): string | undefined {
    if (engine instanceof Error) return undefined;
    const [first, ...others] = databasesOn(settings.databaseNetwork, engine.host, settings);
    return others.length === 0 ? first?.name : undefined;
}

/** Prints the warnings, then throws with everything that prevents the run. */
async function report({ stack }: Settings, dryRun: boolean, findings: Finding[]): Promise<void> {
    for (const finding of findings) {
        if (finding.level === "warning") await pulumi.log.warn(render(finding));
        if (finding.level === "unchecked" && dryRun) await pulumi.log.warn(`not checked: ${render(finding)}`);
    }
    const preventing = findings.filter(({ level }) => level === "error" || (level === "unchecked" && !dryRun));
    if (preventing.length > 0) {
        throw new PreflightError(
            `stack ${stack} can't be brought up as it is; nothing was changed:\n` +
                preventing.map((finding) => `  - ${render(finding, "    ")}`).join("\n"),
        );
    }
}
