import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";
import { ownRole } from "../ownrole";

export interface PgadminRoleArgs {
    name: string;
    /** Roles that it is a member of. */
    memberOf: string[];
    /** Databases that it may connect to. */
    databases: string[];
    /** Schemas whose tables it may read. */
    schemas: { database: string; schema: string }[];
    /** Connections that it may have at the same time; -1 for no limit. */
    connectionLimit: number;
}

/**
 * A role for the people at pgAdmin: not a superuser, with a random password, and with no other rights than those of the roles that it
 * is a member of, CONNECT, and SELECT in some schemas. Destroying the component removes it.
 */
export class PgadminRole extends pulumi.ComponentResource {
    readonly role: pulumi.Output<string>;
    /** A secret; letters and digits only. Not through the grants: replacing one would take along what has the password. */
    readonly password: pulumi.Output<string>;

    constructor(name: string, args: PgadminRoleArgs, opts?: pulumi.ComponentResourceOptions) {
        super("sidecar:index:PgadminRole", name, {}, opts);
        const parent = this;
        // The names say what a resource is in the database, as those of the lookup do: another role is made beside the one in use.
        const logical = `pgadmin-${args.name}`;
        const { role, password } = ownRole({
            logical,
            name: args.name,
            memberOf: args.memberOf,
            connectionLimit: args.connectionLimit,
            parent,
        });
        // One after the other: concurrent grants on one object fail with "tuple concurrently updated".
        let before: pulumi.CustomResource = role;
        const grant = (what: string, grantArgs: Omit<postgresql.GrantArgs, "role">) => {
            const options = { parent, dependsOn: [before], replaceWith: [role], deleteBeforeReplace: true };
            before = new postgresql.Grant(`${what}-${args.name}`, { ...grantArgs, role: role.name }, options);
        };
        for (const database of args.databases) grant(database, { database, objectType: "database", privileges: ["CONNECT"] });
        for (const { database, schema } of args.schemas) {
            grant(`${database}.${schema}`, { database, schema, objectType: "schema", privileges: ["USAGE"] });
            grant(`${database}.${schema}-tables`, { database, schema, objectType: "table", privileges: ["SELECT"] });
        }

        this.role = role.name;
        this.password = password;
        this.registerOutputs({ role: this.role, password: this.password });
    }
}
