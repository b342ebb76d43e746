import { Settings } from "./settings";

/** The schemas whose tables pgadminRole may read, each with its database: the first one, unless another is named. */
export function schemasOf({ pgadminRoleSchemas, databases }: Pick<Settings, "pgadminRoleSchemas" | "databases">) {
    return pgadminRoleSchemas.map((one) => {
        const [schema = "", database = databases[0]!] = one.split(".").reverse();
        return { database, schema };
    });
}
