import * as pulumi from "@pulumi/pulumi";
import { owner } from "../components/labels";
import { UserError } from "../errors";
import { Settings } from "../settings";
import { DatabaseFacts, inspectDatabase, judgeDatabase, Known, whyUnreached } from "./database";
import { findDatabaseNetwork, HostFacts, inspectHost, judgeHost, judgePort, whyNoEngine } from "./dockerhost";
import { Finding, forStack, warning } from "./finding";
import { findLeftovers, findMissing, knownTo, readState, removeLeftovers, StackState } from "./leftovers";
import { judgeSsh } from "./ssh";

/** Thrown once with all that speaks against the run, before any resource is registered. */
export class PreflightError extends UserError {}

/**
 * Looks at the database and the Docker host before anything is registered. What can't be reached stops an `up`; a
 * `preview` without the database says what it could not check and goes on, since a review's CI may not reach it. An `up`
 * also takes away what a run that was cut left behind. Returns the settings with what was looked up in them.
 */
export async function preflight(given: Settings, dryRun = pulumi.runtime.isDryRun()): Promise<Settings> {
    const [database, host] = await Promise.all([
        inspectDatabase(given).catch((cause: Error) => cause),
        inspectHost(given.docker).catch((cause: Error) => cause),
    ]);
    const network = host instanceof Error ? given.databaseNetwork : findDatabaseNetwork(host, given);
    const settings = typeof network === "string" ? { ...given, databaseNetwork: network } : given;
    const state = await stateWhereItMatters(settings, dryRun, database, host);
    const known = state instanceof Error ? nothing : knownTo(state);
    const missing = state instanceof Error || host instanceof Error ? [] : findMissing(state, host);
    await report(settings, dryRun, [
        ...(database instanceof Error ? [whyUnreached(database, settings)] : judgeDatabase(database, settings, owner(), known)),
        ...(host instanceof Error
            ? [whyNoEngine(host, settings)]
            : [...(typeof network === "string" ? judgeHost(host, settings, owner()) : [network]), ...(await judgePort(host, settings))]),
        ...(await judgeSsh(settings.docker)),
        ...(missing.length > 0 ? [warning(whyRefresh(missing, settings))] : []),
    ]);
    if (!dryRun) await mend(settings, state, database as DatabaseFacts, host as HostFacts);
    return settings;
}

const nothing: Known = { roles: [], lookupFunction: false };

const unmarked = ({ roleOwners, functionOwner }: DatabaseFacts) => [...Object.values(roleOwners), functionOwner].includes("");

/** The stack's state: for an `up`, and in a preview where something is unmarked or not running. It takes the CLI a second to tell. */
async function stateWhereItMatters(
    { stack }: Settings,
    dryRun: boolean,
    database: DatabaseFacts | Error,
    host: HostFacts | Error,
): Promise<StackState | Error> {
    const byHand = !(database instanceof Error) && unmarked(database);
    const stopped = !(host instanceof Error) && host.containers.filter((one) => one.running && one.owner === owner()).length < 2;
    if (dryRun && !byHand && !stopped) return { deployment: {} };
    return readState(stack).catch((cause: Error) => cause);
}

const whyRefresh = (missing: string[], { docker, stack }: Settings) =>
    `${missing.join(", ")}: gone from ${docker.host}, or stopped; a run without --refresh takes them for what they were. ` +
    `Mend it: pulumi up --refresh --stack ${stack}`;

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

async function mend(settings: Settings, state: StackState | Error, database: DatabaseFacts, host: HostFacts): Promise<void> {
    if (state instanceof Error) {
        await pulumi.log.warn(
            `not checked: whether a run that was cut left something behind (pulumi stack export: ${state.message.trim()})`,
        );
        return;
    }
    await removeLeftovers(settings, findLeftovers(state, owner(), database, host));
}
