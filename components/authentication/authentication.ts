import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { hide } from "../redaction";
import { owner } from "../labels";
import { ownSchemas } from "../searchpath";
import { lookupBody } from "./lookup";
import { formerNames, lookupId, LookupNames, lookupNames } from "./names";
import { lookupRole } from "./rotation";
import { scramVerifier } from "./verifier";

export interface AuthenticationArgs {
    /** Name of the role for pgbouncer's lookups. Every odd `rotation` uses a second one (see `lookupRole`). */
    authUser: string;
    /** How often the role's password was rotated; default 0. The next rotation creates the other role, with a password of its own. */
    rotation?: number;
    /** Lookup function to create, schema-qualified. Its schema has to exist. */
    authFunction: string;
    /** Database in which the lookup function is created. */
    database: string;
    /** Connections that the role may have at the same time; by default, as many as it wants. */
    connectionLimit?: number;
    /** Whether superusers and replication roles are looked up, too; default true. A change replaces the function's body in place. */
    superusers?: boolean;
    /** What the stack's state has, by the providers' ids; undefined if unknown. Only an upgrade from before 0.2 needs it. */
    inState?: { roles: string[]; functions: string[] };
}

/**
 * What pgbouncer needs in the database to look up logins: a role with a random password, and a SECURITY DEFINER function that
 * shows SCRAM verifiers to that role only. Destroying the component removes both and leaves nothing.
 *
 * Another role, rotation, function or database creates a role or function beside the old one. Pulumi deletes the old one once the
 * pooler has reloaded. `connectionLimit` and `superusers` change in place. No login fails.
 */
export class Authentication extends pulumi.ComponentResource {
    readonly role: pulumi.Output<string>;
    /**
     * The role's password, a secret; letters and digits only. It is known once the role, the function and the grants exist, so what
     * has it can log in with it.
     */
    readonly password: pulumi.Output<string>;

    constructor(name: string, args: AuthenticationArgs, opts?: pulumi.ComponentResourceOptions) {
        super("sidecar:index:Authentication", name, {}, opts);
        const parent = this;

        const { database, authFunction } = args;
        const lookupArgs = { ...args, rotation: args.rotation ?? 0 };
        const roleName = lookupRole(lookupArgs);
        const names = lookupNames(lookupArgs);
        const former = formerNames(name, lookupArgs);
        // A former name may belong to another role or function, which is to be deleted. Then it is not an alias.
        const keepsRole = args.inState?.roles.includes(roleName) ?? true;
        const keepsLookup = args.inState?.functions.includes(lookupId(args)) ?? true;
        const kept = { role: keepsRole, lookup: keepsLookup, revoke: keepsLookup, execute: keepsRole && keepsLookup };
        const aliasOf = (key: keyof typeof former & keyof LookupNames) => (kept[key] ? [{ name: former[key] }] : []);

        const password = new random.RandomPassword(names.role, { length: 48, special: false }, { parent, aliases: aliasOf("role") });
        const role = new postgresql.Role(
            names.role,
            {
                name: roleName,
                login: true,
                // Whatever it were made a member of, it would not have its privileges.
                inherit: false,
                connectionLimit: args.connectionLimit ?? -1,
                password: password.result.apply(scramVerifier),
                // The last is not a schema: it says for the preflight whose role this is. The provider has no field for a comment.
                searchPaths: [...ownSchemas, owner()],
            },
            { parent, aliases: aliasOf("role") },
        );

        const [schema = "", functionName = ""] = authFunction.split(".");
        const lookup = new postgresql.Function(
            names.lookup,
            {
                database,
                schema,
                name: functionName,
                args: [
                    { name: "in_user", type: "text" },
                    { name: "uname", type: "text", mode: "OUT" },
                    { name: "phash", type: "text", mode: "OUT" },
                ],
                returns: "record",
                language: "sql",
                volatility: "STABLE",
                securityDefiner: true,
                body: lookupBody({ lookupFunction: authFunction, owner: owner(), superusers: args.superusers ?? true }),
            },
            // Two functions can't have one name: one that was adopted in another language has to go first. And it is dropped before the
            // role, which PostgreSQL does not drop while the role may execute it.
            { parent, aliases: aliasOf("lookup"), deleteBeforeReplace: true, dependsOn: [role] },
        );

        // Serialised: concurrent grants on one object fail with "tuple concurrently updated". Replaced with the function: PUBLIC may
        // execute a new one, whatever the state says. Deleted first: deleting the old grant afterwards would revoke the new one.
        const grant = (key: "revoke" | "execute" | "connect" | "usage", what: postgresql.GrantArgs, after: pulumi.Resource[]) =>
            new postgresql.Grant(names[key], what, {
                parent,
                aliases: key === "revoke" || key === "execute" ? aliasOf(key) : [],
                dependsOn: after,
                replaceWith: [...(key === "revoke" ? [] : [role]), ...(key === "revoke" || key === "execute" ? [lookup] : [])],
                deleteBeforeReplace: true,
                // A function that is dropped, by Pulumi or by hand, has no grants left to delete.
                ...(key === "revoke" || key === "execute" ? { deletedWith: lookup } : {}),
            });
        const onLookup = { database, schema, objectType: "function", objects: [functionName] };
        const revoke = grant("revoke", { ...onLookup, role: "public", privileges: [] }, [lookup]);
        const execute = grant("execute", { ...onLookup, role: role.name, privileges: ["EXECUTE"] }, [revoke]);
        // A grant of the role's own, since PUBLIC's may have been revoked.
        const connect = grant("connect", { database, objectType: "database", role: role.name, privileges: ["CONNECT"] }, [execute]);
        const usage = grant("usage", { database, schema, objectType: "schema", role: role.name, privileges: ["USAGE"] }, [connect]);

        this.role = role.name;
        this.password = hide(pulumi.all([password.result, usage.id]).apply(([text]) => text));
        this.registerOutputs({ role: this.role, password: this.password });
    }
}
