import { z } from "zod";
import { lookupRole } from "../components/authentication/rotation";
import { Settings } from "./settings";

/** The settings under which a stack stands, as its output `deployed` tells them: what `npm run verify` needs, and no secret. */
export const deployedSchema = z.object({
    databases: z.array(z.string()).min(1),
    databaseHost: z.string(),
    databasePort: z.number(),
    listenPort: z.number(),
    adminUsers: z.array(z.string()),
    /** The lookup role in force. */
    authUser: z.string(),
    rotation: z.number(),
    authFunction: z.string(),
    defaultPoolSize: z.number(),
    maxDbConnections: z.number(),
    serverResetQueryAlways: z.boolean(),
    pgbouncerImage: z.string(),
    pgadminImage: z.string(),
    pgadminDomain: z.string(),
    pgadminPort: z.number(),
    pgadminDirect: z.boolean(),
    pipelineTable: z.string(),
});

export type Deployed = z.infer<typeof deployedSchema>;

/** Picks them out of all the settings. */
export function deployed(settings: Settings): Deployed {
    return deployedSchema.parse({ ...settings, authUser: lookupRole(settings) }); // keys that are not in the schema are dropped
}
