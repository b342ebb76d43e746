import { Settings } from "../settings";
import { Found } from "./found";

/** Names and types that a function must have for its replacement to be called in the same way. */
const argsExpected = "in_user text, OUT uname text, OUT phash text";

/** What adopting comes to, in lines for a person: what was found, what the next `up` changes of it, what a destroy removes. */
export function plan({ role, lookup }: Found, settings: Settings): string[] {
    const nextUp = `the next pulumi up`;
    const lines: string[] = [];
    if (role) {
        lines.push(
            `role ${role.name}: taken over. ${nextUp} gives it`,
            `    a new random password: whoever logs in with the old one can't any more`,
        );
        lines.push(`    search_path pg_catalog, pg_temp and the stack's mark`);
        if (role.powers.length > 0) lines.push(`    and takes ${role.powers.join(", ")} from it`);
        if (role.memberOf.length > 0) lines.push(`    and its membership in ${role.memberOf.join(", ")}`);
        if (role.owns > 0)
            lines.push(`    it owns ${role.owns} objects of this database: a destroy hands them to ${settings.databaseServer.username}`);
    }
    if (lookup) {
        lines.push(`function ${lookup.signature}: taken over. ${nextUp} replaces it`);
        lines.push(
            `    (${lookup.language}${lookup.args === argsExpected ? "" : `, arguments ${lookup.args}`}) by one that answers the pooler alone and knows VALID UNTIL`,
        );
        const others = lookup.executors.filter((one) => one !== settings.databaseServer.username && one !== role?.name);
        if (others.length > 0) lines.push(`    and EXECUTE, which ${others.join(", ")} may now, is the pooler's alone`);
    }
    const removed = [...(role ? [`role ${role.name}`] : []), ...(lookup ? [`function ${lookup.signature}`] : [])];
    lines.push(`a later pulumi destroy removes ${removed.join(" and ")}; its preview lists both before it does`);
    return lines;
}
