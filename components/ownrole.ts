import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { scramVerifier } from "./authentication/verifier";
import { owner } from "./labels";

export interface OwnRoleArgs {
    /** Logical name of the role and of its password. */
    logical: string;
    name: string;
    /** Roles that it is a member of. */
    memberOf: string[];
    /** Connections that it may have at the same time; -1 for no limit. */
    connectionLimit: number;
    /** Schemas; default: PostgreSQL's own default. */
    searchPath?: string[];
    parent: pulumi.Resource;
}

/** A role that logs in with a random password of letters and digits, and is marked as the stack's. */
export function ownRole({ logical, name, memberOf, connectionLimit, searchPath = ["$user", "public"], parent }: OwnRoleArgs) {
    const password = new random.RandomPassword(logical, { length: 32, special: false }, { parent });
    const role = new postgresql.Role(
        logical,
        {
            name,
            login: true,
            connectionLimit,
            password: password.result.apply(scramVerifier),
            roles: memberOf,
            // The last is no schema: it says whose role this is.
            searchPaths: [...searchPath, owner()],
        },
        { parent },
    );
    return { role, password: pulumi.secret(password.result) };
}
