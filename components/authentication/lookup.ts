import * as fs from "fs";
import * as path from "path";

export interface LookupBodyArgs {
    /** The only roles whose sessions the function answers: the one in force, and the one that a rotation changes to or from. */
    roles: [string, string];
    /** The stack it belongs to, `project/stack`. */
    owner: string;
}

const template = path.join(__dirname, "../../sql/user_lookup.sql");

/** The lookup function's body for these roles and this owner. Throws where any of them could break out of its place. */
export function lookupBody({ roles, owner }: LookupBodyArgs): string {
    for (const role of roles) {
        if (!/^[A-Za-z0-9_-]+$/.test(role)) {
            throw new Error(`authUser: ${JSON.stringify(role)} can't stand in the lookup function; use letters, digits, '_' and '-' only`);
        }
    }
    if (!/^[A-Za-z0-9_./-]+$/.test(owner)) {
        throw new Error(`the stack's name ${JSON.stringify(owner)} can't stand in the lookup function`);
    }
    const filled = { role: roles[0], other: roles[1], owner };
    return fs.readFileSync(template, "utf8").replace(/\{\{(role|other|owner)\}\}/g, (_, key: keyof typeof filled) => filled[key]);
}

/** Whom a lookup function belongs to, by its body; undefined where no stack made it. */
export function lookupOwner(body: string): string | undefined {
    return /Made by stack ([\w./-]+)\.\n/.exec(body)?.[1];
}
