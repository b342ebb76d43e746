import { z } from "zod";
import { Key, OwnSettings, schema } from "./schema";

type Values = Record<Key, string>;

/** The settings of pgAdmin and of the ways to it, by how their names begin. */
const isPgadmins = (key: string) => /^(pgadmin|proxy|oidc)[A-Z]/.test(key);

/** The settings that differ from their defaults, but have no effect because the stack has no pgAdmin. */
export function unusedSettings(values: Values, defaults: Values): Key[] {
    if (values.adminUi !== "none") return [];
    return (Object.keys(values) as Key[]).filter((key) => isPgadmins(key) && values[key] !== defaults[key]);
}

/** What checks the settings: without pgAdmin, it needs no login. */
export function schemaFor({ adminUi }: Values): z.ZodType<OwnSettings> {
    return adminUi === "none" ? schema.extend({ pgadminEmail: z.literal("") }) : schema;
}
