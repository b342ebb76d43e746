import { lookupRole, LookupRoleArgs } from "./rotation";

export interface LookupNamesArgs extends LookupRoleArgs {
    /** Lookup function, schema-qualified. */
    authFunction: string;
    /** Database that the lookup function is in. */
    database: string;
}

/** The resources' logical names in Pulumi. */
export interface LookupNames {
    role: string;
    lookup: string;
    /** EXECUTE, revoked from PUBLIC and granted to the role. */
    revoke: string;
    execute: string;
    /** CONNECT on the database, USAGE on the schema. */
    connect: string;
    usage: string;
}

/**
 * Each name says what the resource is in the database. So another role, function or database is another resource: Pulumi creates it
 * beside the one in use, and deletes that one last, once the pooler has reloaded. A run that fails in between leaves both. The next
 * run, with whichever settings, keeps one and deletes the other.
 */
export function lookupNames(args: LookupNamesArgs): LookupNames {
    const { database, authFunction } = args;
    const role = lookupRole(args);
    const lookup = `${database}.${authFunction}`;
    return {
        role: `lookup-${role}`,
        lookup,
        revoke: `${lookup}-public`,
        execute: `${lookup}-${role}`,
        connect: `${database}-${role}`,
        usage: `${database}.${authFunction.split(".")[0]}-${role}`,
    };
}

/** The names in versions before 0.2, which did not say what the resource is: `name` is the component's. */
export function formerNames(name: string, { rotation }: Pick<LookupRoleArgs, "rotation">): Omit<LookupNames, "connect" | "usage"> {
    const turn = rotation % 2 === 0 ? name : `${name}-2`;
    return { role: turn, lookup: name, revoke: `${name}-public`, execute: turn };
}

/** The lookup function's id in the provider. */
export function lookupId({ database, authFunction }: Pick<LookupNamesArgs, "database" | "authFunction">): string {
    return `${database}.${authFunction}(text)`;
}
