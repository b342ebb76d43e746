import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";
import { ownRole } from "../ownrole";
import { ownSchemas } from "../searchpath";

/** Two exporters side by side, each with a connection that it keeps and one for the scrape; and two that PostgreSQL has not ended yet. */
const metricsConnections = 6;

/** The predefined role by which it sees other roles' sessions. */
export const metricsMemberOf = "pg_read_all_stats";

export interface MetricsRoleArgs {
    name: string;
    /** The database that it may connect to. */
    database: string;
}

/** The role of the database's exporter: it sees all sessions, and reads no table. Destroying the component removes it. */
export class MetricsRole extends pulumi.ComponentResource {
    readonly role: pulumi.Output<string>;
    /** A secret; letters and digits only. */
    readonly password: pulumi.Output<string>;

    constructor(name: string, args: MetricsRoleArgs, opts?: pulumi.ComponentResourceOptions) {
        super("sidecar:index:MetricsRole", name, {}, opts);
        const parent = this;
        const logical = `metrics-${args.name}`;
        const { role, password } = ownRole({
            logical,
            name: args.name,
            memberOf: [metricsMemberOf],
            connectionLimit: metricsConnections,
            // It sees everybody's queries: what somebody creates in public is not to be called as this role.
            searchPath: ownSchemas,
            parent,
        });
        const { database } = args;
        new postgresql.Grant(
            `${database}-${args.name}`,
            { database, objectType: "database", privileges: ["CONNECT"], role: role.name },
            { parent, replaceWith: [role], deleteBeforeReplace: true },
        );
        this.role = role.name;
        this.password = password;
        this.registerOutputs({ role: this.role, password: this.password });
    }
}
