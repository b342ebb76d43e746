import * as pulumi from "@pulumi/pulumi";
import { owner } from "../components/labels";
import { UserError } from "../errors";
import { Settings } from "../settings";
import { DatabaseFacts, inspectDatabase, judgeDatabase, whyUnreached } from "./database";
import { HostFacts, inspectHost, judgeHost, judgePort, whyNoEngine } from "./dockerhost";
import { Finding } from "./finding";
import { findLeftovers, readState, removeLeftovers } from "./leftovers";

/** Thrown once with all that speaks against the run, before any resource is registered. */
export class PreflightError extends UserError {}

/**
 * Looks at the database and the Docker host before anything is registered. What can't be reached stops an `up`; a
 * `preview` says what it could not check and goes on, since a review's CI may reach neither. An `up` also takes away what
 * a run that was cut left behind.
 */
export async function preflight(settings: Settings, dryRun = pulumi.runtime.isDryRun()): Promise<void> {
    const [database, host] = await Promise.all([
        inspectDatabase(settings).catch((cause: Error) => cause),
        inspectHost(settings.docker, settings.databaseNetwork).catch((cause: Error) => cause),
    ]);
    await report(settings, dryRun, [
        ...(database instanceof Error ? [whyUnreached(database, settings)] : judgeDatabase(database, settings, owner())),
        ...(host instanceof Error
            ? [whyNoEngine(host, settings)]
            : [...judgeHost(host, settings, owner()), ...(await judgePort(host, settings))]),
    ]);
    if (!dryRun) await mend(settings, database as DatabaseFacts, host as HostFacts);
}

async function report(settings: Settings, dryRun: boolean, findings: Finding[]): Promise<void> {
    for (const { level, text } of findings) {
        if (level === "warning") await pulumi.log.warn(text);
        if (level === "unchecked" && dryRun) await pulumi.log.warn(`not checked: ${text}`);
    }
    const against = findings.filter(({ level }) => level === "error" || (level === "unchecked" && !dryRun));
    if (against.length > 0) {
        throw new PreflightError(
            `stack ${settings.stack} can't be brought up as it is; nothing was changed:\n` +
                against.map(({ text }) => `  - ${text}`).join("\n"),
        );
    }
}

async function mend(settings: Settings, database: DatabaseFacts, host: HostFacts): Promise<void> {
    const state = await readState(settings.stack).catch((cause: Error) => cause);
    if (state instanceof Error) {
        await pulumi.log.warn(
            `not checked: whether a run that was cut left something behind (pulumi stack export: ${state.message.trim()})`,
        );
        return;
    }
    await removeLeftovers(settings, findLeftovers(state, owner(), database, host));
}
