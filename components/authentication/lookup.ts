import * as fs from "fs";
import * as path from "path";

export interface LookupBodyArgs {
    /** The only role whose sessions the function answers. */
    role: string;
    /** The stack it belongs to, `project/stack`. */
    owner: string;
}

const template = path.join(__dirname, "../../sql/user_lookup.sql");

/** The lookup function's body for one role and owner. Throws where either could break out of its place. */
export function lookupBody(args: LookupBodyArgs): string {
    if (!/^[A-Za-z0-9_-]+$/.test(args.role)) {
        throw new Error(`authUser: ${JSON.stringify(args.role)} can't stand in the lookup function; use letters, digits, '_' and '-' only`);
    }
    if (!/^[A-Za-z0-9_./-]+$/.test(args.owner)) {
        throw new Error(`the stack's name ${JSON.stringify(args.owner)} can't stand in the lookup function`);
    }
    return fs.readFileSync(template, "utf8").replaceAll("{{role}}", args.role).replaceAll("{{owner}}", args.owner);
}

/** Whom a lookup function belongs to, by its body; undefined where no stack made it. */
export function lookupOwner(body: string): string | undefined {
    return /Made by stack ([\w./-]+)\.\n/.exec(body)?.[1];
}
