import * as pulumi from "@pulumi/pulumi";
import { owner } from "../components/labels";
import { UserError } from "../findings/errors";
import { Settings } from "../settings/settings";
import { viaTunnel } from "../host/remedies";
import { DatabaseFacts, inspectDatabase } from "./database";
import { explainUnreachableDatabase } from "../host/unreachabledatabase";
import { findDatabaseNetwork, HostFacts, inspectHost, judgeHost, judgePort, whyNoEngine } from "./docker";
import { dockerCommand } from "../host/engine";
import { error, Finding, forStack, warning } from "../findings/finding";
import { judgeHealth } from "./health";
import { inspectImages } from "./images";
import { judgeDatabase } from "./judgedatabase";
import { findLeftovers, findMissing, findNamesake, removeLeftovers } from "./leftovers";
import { reviveOutgoing } from "./outgoing";
import { inspectProxy } from "./proxy";
import { judgeSsh } from "../host/ssh";
import { OwnedResources, ownedResources, readState, StackState } from "./state";
import { judgeUse } from "./usage";

/** Thrown once with all that speaks against the run, before any resource is registered. */
export class PreflightError extends UserError {}

/** What a run may go on with. */
export interface Cleared {
    /** The settings, with what was looked up in them. */
    settings: Settings;
    /** What the stack's state has; undefined if it could not be read. */
    known?: OwnedResources;
}

/**
 * Looks at the database and the Docker host before anything is registered. What can't be reached stops an `up`; a
 * `preview` without the database says what it could not check and goes on, since a review's CI may not reach it. An `up`
 * also takes away what a run that was cut left behind.
 */
export async function preflight(given: Settings, dryRun = pulumi.runtime.isDryRun()): Promise<Cleared> {
    const [database, host, state] = await Promise.all([
        inspectDatabase(given).catch((cause: Error) => cause),
        inspectHost(given.docker).catch((cause: Error) => cause),
        readState(given.stack).catch((cause: Error) => cause),
    ]);
    const network = host instanceof Error ? given.databaseNetwork : findDatabaseNetwork(host, given);
    const settings = typeof network === "string" ? { ...given, databaseNetwork: network } : given;
    const known = ownedResources(state instanceof Error ? { deployment: {} } : state, owner());
    await report(settings, dryRun, [
        ...(database instanceof Error ? [explainUnreachableDatabase(database, settings)] : judgeDatabase(database, settings, known)),
        ...(host instanceof Error
            ? [whyNoEngine(host, settings)]
            : [
                  ...(typeof network === "string" ? judgeHost(host, settings, known) : [network]),
                  ...(await judgePort(host, settings)),
                  ...(await inspectImages(settings)),
                  ...(await inspectProxy(settings)),
              ]),
        ...(await judgeSsh(settings.docker)),
        ...(state instanceof Error
            ? [warning(`not checked: what the stack's state has (pulumi stack export: ${state.message.trim()})`)]
            : host instanceof Error
              ? []
              : judgeState(state, known, host, settings)),
        ...(database instanceof Error || host instanceof Error || state instanceof Error ? [] : judgeUse(database, host, settings, known)),
    ]);
    // Unread, it doesn't tell what is a leftover; database and host were reached, or the report had stopped the run.
    if (!dryRun && !(state instanceof Error)) {
        await removeLeftovers(settings, findLeftovers(settings, known, database as DatabaseFacts, host as HostFacts));
        await reviveOutgoing(state, known, settings);
    }
    return { settings, ...(state instanceof Error ? {} : { known }) };
}

/** What speaks against this state's being that of what runs on the host. */
export function judgeState(state: StackState, known: OwnedResources, host: HostFacts, settings: Settings): Finding[] {
    const { docker, stack } = settings;
    const namesake = findNamesake(known, host).join(" ");
    if (namesake !== "") {
        return [
            error(
                `${docker.host} already has a sidecar of a stack ${known.owner}, which is not in this state: ${namesake}. ` +
                    `It was made from another backend, or its state was lost. Mend it: pulumi login to the backend it was made from, ` +
                    `or make one beside it: pulumi stack rename --stack ${stack} NAME, or take it away, where its state is lost: ${dockerCommand(docker)} rm -f ${namesake}`,
            ),
        ];
    }
    const unhealthy = judgeHealth(state, host, settings);
    const missing = findMissing(state, host).join(", ");
    if (missing === "") return unhealthy;
    return [
        ...unhealthy,
        warning(
            `${missing}: gone from ${docker.host}, or stopped; a run without --refresh takes them for what they were. ` +
                `Mend it: ${viaTunnel(settings)}pulumi up --refresh --stack ${stack}`,
        ),
    ];
}

async function report(settings: Settings, dryRun: boolean, findings: Finding[]): Promise<void> {
    const named = findings.map(({ level, text }) => ({ level, text: forStack(settings.stack, text) }));
    for (const { level, text } of named) {
        if (level === "warning") await pulumi.log.warn(text);
        if (level === "unchecked" && dryRun) await pulumi.log.warn(`not checked: ${text}`);
    }
    const against = named.filter(({ level }) => level === "error" || (level === "unchecked" && !dryRun));
    if (against.length > 0) {
        throw new PreflightError(
            `stack ${settings.stack} can't be brought up as it is; nothing was changed:\n` +
                against.map(({ text }) => `  - ${text}`).join("\n"),
        );
    }
}
