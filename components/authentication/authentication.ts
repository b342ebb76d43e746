import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { owner } from "../labels";
import { lookupBody } from "./lookup";
import { formerNames, lookupId, LookupNames, lookupNames } from "./names";
import { lookupRole } from "./rotation";
import { scramVerifier } from "./verifier";

export interface AuthenticationArgs {
    /** Role made for pgbouncer's lookups. */
    authUser: string;
    /** How often its password was rotated; default 0. One more makes a second role, with a password of its own. */
    rotation?: number;
    /** Lookup function made, schema-qualified. Its schema has to exist. */
    authFunction: string;
    /** Database that the lookup function is made in. */
    database: string;
    /** What the stack's state has, by the providers' ids; undefined if it is not known. Only an upgrade from before 0.2 needs it. */
    inState?: { roles: string[]; functions: string[] };
}

/**
 * What pgbouncer needs in the database to look up who logs in: a role with a random password and a SECURITY DEFINER
 * function that shows it, and it alone, the SCRAM verifiers. Destroying it takes both away and leaves nothing.
 *
 * A change of any argument makes the new role or function beside the old one, which the old pooler uses until the new one has
 * proved itself. Then the old one is deleted. No login fails.
 */
export class Authentication extends pulumi.ComponentResource {
    readonly role: pulumi.Output<string>;
    /**
     * The role's password, a secret; letters and digits only. It is known before role, function and grants exist: whoever logs in
     * with it has to depend on this component.
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
        // A former name may be that of another role or function, which is then to be deleted.
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
                password: password.result.apply(scramVerifier),
                // The last is no schema: it marks whose role this is, for the preflight. No field carries a comment.
                searchPaths: ["pg_catalog", "pg_temp", owner()],
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
                body: lookupBody({ lookupFunction: authFunction, owner: owner() }),
            },
            // There can't be two of one name: one that was adopted in another language has to go first. It is dropped before the role,
            // which can't be dropped while it may execute it.
            { parent, aliases: aliasOf("lookup"), deleteBeforeReplace: true, dependsOn: [role] },
        );

        // One after the other: two at once on one object fail with "tuple concurrently updated". Made again with the function: PUBLIC
        // may execute a new one, whatever the state says. The old grant goes first: revoked later, it would take the new one along.
        const grant = (key: "revoke" | "execute" | "connect" | "usage", what: postgresql.GrantArgs, after: pulumi.Resource[]) =>
            new postgresql.Grant(names[key], what, {
                parent,
                aliases: key === "revoke" || key === "execute" ? aliasOf(key) : [],
                dependsOn: after,
                replaceWith: [...(key === "revoke" ? [] : [role]), ...(key === "revoke" || key === "execute" ? [lookup] : [])],
                deleteBeforeReplace: true,
                // What is dropped has no grants: its own deletion is enough, also if somebody dropped it by hand.
                ...(key === "revoke" || key === "execute" ? { deletedWith: lookup } : {}),
            });
        const onLookup = { database, schema, objectType: "function", objects: [functionName] };
        const revoke = grant("revoke", { ...onLookup, role: "public", privileges: [] }, [lookup]);
        const execute = grant("execute", { ...onLookup, role: role.name, privileges: ["EXECUTE"] }, [revoke]);
        // Its own, since PUBLIC's may have been revoked.
        const connect = grant("connect", { database, objectType: "database", role: role.name, privileges: ["CONNECT"] }, [execute]);
        grant("usage", { database, schema, objectType: "schema", role: role.name, privileges: ["USAGE"] }, [connect]);

        this.role = role.name;
        this.password = pulumi.secret(password.result);
        this.registerOutputs({ role: this.role, password: this.password });
    }
}
