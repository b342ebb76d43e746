import { ownSchemas } from "../../components/searchpath";
import { sqlName } from "../../findings/quoting";
import { Settings } from "../../settings/settings";
import { Found, FoundFunction, FoundRole } from "./found";

/** The consequences of adopting, in lines for a person: what was found, what the next `up` changes, what a destroy removes. */
export function plan({ role, lookup, markedBy }: Found, settings: Settings): string[] {
    const keeper = settings.databaseServer.username;
    const removed = [...(role ? [`role ${role.name}`] : []), ...(lookup ? [`function ${lookup.signature}`] : [])];
    return [
        ...(markedBy ? [`marked as stack ${markedBy}'s, which has no session here: it came with a restored dump`] : []),
        ...(role ? planRole(role, keeper) : []),
        ...(lookup ? planFunction(lookup, [keeper, role?.name]) : []),
        `a later pulumi destroy removes ${removed.join(" and ")}; its preview lists both before it does`,
    ];
}

function planRole({ name, powers, memberOf, owns }: FoundRole, keeper: string): string[] {
    return [
        `role ${name}: taken over. The next pulumi up gives it`,
        `    a new random password: logins with the old one fail from then on`,
        `    search_path ${ownSchemas.join(", ")} and the stack's mark, NOINHERIT and a connection limit`,
        ...(powers.length > 0 ? [`    and removes ${powers.join(", ")} from it`] : []),
        ...(memberOf.length > 0 ? [`    and its membership in ${memberOf.join(", ")}`] : []),
        ...(owns > 0
            ? [
                  `    it owns ${owns} objects of this database. Before a rotation or a destroy, hand them over: REASSIGN OWNED BY ${sqlName(name)} TO ${sqlName(keeper)}`,
              ]
            : []),
    ];
}

function planFunction({ signature, language, args, executors }: FoundFunction, expected: (string | undefined)[]): string[] {
    const others = executors.filter((one) => !expected.includes(one));
    return [
        `function ${signature}: taken over. The next pulumi up replaces it`,
        `    (${language}, arguments ${args}) by one that answers only the pooler and respects VALID UNTIL`,
        ...(others.length > 0 ? [`    and limits EXECUTE, which ${others.join(", ")} may now, to the pooler`] : []),
    ];
}
