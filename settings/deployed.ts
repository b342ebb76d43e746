import { z } from "zod";
import { lookupRole } from "../components/authentication/rotation";
import { declaredSettings } from "./project";
import { Settings } from "./settings";

/**
 * The settings that `./sidecar verify` compares the running stack with; none is a secret. A new setting joins the list only if a
 * check of verify needs it: each name here changes the output `deployed` of every stack.
 */
const names = [
    "databases",
    "databaseHost",
    "databasePort",
    "listenPort",
    "pgbouncerAlias",
    "adminUsers",
    "authUser", // the lookup role in force
    "rotation",
    "authFunction",
    "defaultPoolSize",
    "maxDbConnections",
    "processes",
    "serverResetQueryAlways",
    "serverResetEnforced",
    "serverTlsSslmode",
    "clientTlsSslmode",
    "poolSuperusers",
    "pgbouncerImage",
    "pgadminImage",
    "pgadminDomain",
    "pgadminPort",
    "pgadminDirect",
    "pgadminEgress",
    "proxyNetwork",
    "pipelineTable",
    "metrics",
    "metricsPort",
] as const satisfies (keyof Settings)[];

/** The settings with which a stack was last deployed, as its output `deployed` has them. */
export type Deployed = Pick<Settings, (typeof names)[number]>;

const checks = { string: z.string(), integer: z.number(), boolean: z.boolean(), array: z.array(z.string()) };

/** Lists that are never empty. */
const filled: readonly string[] = ["databases"];

/** Checks the output `deployed`: each of the names has to be there, with the type that Pulumi.yaml declares. */
export const deployedSchema = z.lazy(() => {
    const declared = declaredSettings();
    const check = (name: (typeof names)[number]) => (filled.includes(name) ? checks.array.min(1) : checks[declared[name].type]);
    return z.object(Object.fromEntries(names.map((name) => [name, check(name)])));
}) as unknown as z.ZodType<Deployed>;

/** The output `deployed`: these settings alone. */
export function deployed(settings: Settings): Deployed {
    return deployedSchema.parse({ ...settings, authUser: lookupRole(settings) });
}
