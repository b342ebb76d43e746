import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { owner } from "../labels";
import { lookupBody } from "./lookup";
import { lookupRole, lookupRoles, lookupTurn } from "./rotation";

export interface AuthenticationArgs {
    /** Role made for pgbouncer's lookups. A change makes another role; logins fail until the pooler has rolled to it. */
    authUser: string;
    /**
     * How often its password was rotated; default 0. One more makes a second role beside it, to which the pooler rolls while
     * the first still looks logins up, and then takes the first away: no login fails.
     */
    rotation?: number;
    /** Lookup function made, schema-qualified. */
    authFunction: pulumi.Input<string>;
    /** Database that the lookup function is made in. */
    database: pulumi.Input<string>;
}

/**
 * What pgbouncer needs in the database to look up who logs in: a role with a random password and a SECURITY DEFINER
 * function that shows it, and it alone, the SCRAM verifiers. Destroying it takes both away and leaves nothing.
 */
export class Authentication extends pulumi.ComponentResource {
    readonly role: pulumi.Output<string>;
    /** The role's password, a secret; letters and digits only. */
    readonly password: pulumi.Output<string>;

    constructor(name: string, args: AuthenticationArgs, opts?: pulumi.ComponentResourceOptions) {
        super("sidecar:index:Authentication", name, {}, opts);
        const parent = this;

        const inForce = { authUser: args.authUser, rotation: args.rotation ?? 0 };
        const turn = lookupTurn(name, inForce);
        const password = new random.RandomPassword(turn, { length: 48, special: false }, { parent });
        const role = new postgresql.Role(
            turn,
            {
                name: lookupRole(inForce),
                login: true,
                password: password.result,
                // The last is no schema: it marks whose role this is, for the preflight. No field carries a comment.
                searchPaths: ["pg_catalog", "pg_temp", owner()],
            },
            // Renamed in place, it would leave grants behind that name nobody.
            { parent, replaceOnChanges: ["name"] },
        );

        const [schema, functionName] = splitQualified(args.authFunction);
        const lookup = new postgresql.Function(
            name,
            {
                database: args.database,
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
                body: lookupBody({ roles: lookupRoles(args.authUser), owner: owner() }),
            },
            // There can't be two of one name: one that was adopted in another language has to go first.
            { parent, deleteBeforeReplace: true },
        );

        const onLookup = { database: args.database, schema, objectType: "function", objects: [functionName] };
        // One after the other: two at once on one function fail with "tuple concurrently updated". And anew where role or
        // function is: a new function is everybody's to execute, whatever the state says of the old one. The old grant goes
        // first, as taking it away afterwards would take away the new one's like.
        const revoke = new postgresql.Grant(
            `${name}-public`,
            { ...onLookup, role: "public", privileges: [] },
            { parent, dependsOn: [lookup], replaceWith: [lookup], deleteBeforeReplace: true },
        );
        const grant = new postgresql.Grant(
            turn,
            { ...onLookup, role: role.name, privileges: ["EXECUTE"] },
            { parent, dependsOn: [revoke], replaceWith: [role, lookup], deleteBeforeReplace: true },
        );

        this.role = role.name;
        // Handed on only when all of it stands, so that no pooler starts on a half of it.
        this.password = pulumi.secret(pulumi.all([password.result, grant.id]).apply(([result]) => result));
        this.registerOutputs({ role: this.role, password: this.password });
    }
}

function splitQualified(name: pulumi.Input<string>): [pulumi.Output<string>, pulumi.Output<string>] {
    const parts = pulumi.output(name).apply((text) => text.split("."));
    return [parts.apply(([schema]) => schema ?? ""), parts.apply(([, last]) => last ?? "")];
}
