import { Settings } from "../../settings/settings";
import { Found, FoundFunction, FoundRole } from "./found";

/** What adopting comes to, in lines for a person: what was found, what the next `up` changes of it, what a destroy removes. */
export function plan({ role, lookup, markedBy }: Found, settings: Settings): string[] {
    const keeper = settings.databaseServer.username;
    const removed = [...(role ? [`role ${role.name}`] : []), ...(lookup ? [`function ${lookup.signature}`] : [])];
    return [
        ...(markedBy ? [`marked as stack ${markedBy}'s, which has no session here: a restored dump's`] : []),
        ...(role ? planRole(role, keeper) : []),
        ...(lookup ? planFunction(lookup, [keeper, role?.name]) : []),
        `a later pulumi destroy removes ${removed.join(" and ")}; its preview lists both before it does`,
    ];
}

function planRole({ name, powers, memberOf, owns }: FoundRole, keeper: string): string[] {
    return [
        `role ${name}: taken over. The next pulumi up gives it`,
        `    a new random password: whoever logs in with the old one can't any more`,
        `    search_path pg_catalog, pg_temp and the stack's mark`,
        ...(powers.length > 0 ? [`    and takes ${powers.join(", ")} from it`] : []),
        ...(memberOf.length > 0 ? [`    and its membership in ${memberOf.join(", ")}`] : []),
        ...(owns > 0 ? [`    it owns ${owns} objects of this database: a destroy hands them to ${keeper}`] : []),
    ];
}

function planFunction({ signature, language, args, executors }: FoundFunction, expected: (string | undefined)[]): string[] {
    const others = executors.filter((one) => !expected.includes(one));
    return [
        `function ${signature}: taken over. The next pulumi up replaces it`,
        `    (${language}, arguments ${args}) by one that answers the pooler alone and knows VALID UNTIL`,
        ...(others.length > 0 ? [`    and EXECUTE, which ${others.join(", ")} may now, is the pooler's alone`] : []),
    ];
}
