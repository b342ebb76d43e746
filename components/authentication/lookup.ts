import * as fs from "fs";
import * as path from "path";

export interface LookupBodyArgs {
    /** The function itself, schema-qualified: it answers the roles that were granted EXECUTE on it. */
    lookupFunction: string;
    /** The stack that the function belongs to, `project/stack`. */
    owner: string;
    /** Whether it answers for superusers and replication roles, too; default true. */
    superusers?: boolean;
}

const template = path.join(__dirname, "../../sql/user_lookup.sql");

/** The lookup function's body for this name and owner. Throws an error if one of them could break out of its place. */
export function lookupBody({ lookupFunction, owner, superusers = true }: LookupBodyArgs): string {
    if (!/^[a-z0-9_]+\.[a-z0-9_]+$/.test(lookupFunction)) {
        throw new Error(`authFunction: ${JSON.stringify(lookupFunction)} can't be written into the lookup function; use schema.function`);
    }
    if (!/^[A-Za-z0-9_./-]+$/.test(owner)) {
        throw new Error(`the stack's name ${JSON.stringify(owner)} can't be written into the lookup function`);
    }
    const filled = { function: lookupFunction, owner };
    const text = fs.readFileSync(template, "utf8").replace(/^(.*) -- only if poolSuperusers is false\n/m, superusers ? "" : "$1\n");
    return text.replace(/\{\{(function|owner)\}\}/g, (_, key: keyof typeof filled) => filled[key]);
}

/** The stack that a lookup function belongs to, from its body; undefined if no stack created it. */
export function lookupOwner(body: string): string | undefined {
    return /Made by stack ([\w./-]+)\.\n/.exec(body)?.[1];
}
