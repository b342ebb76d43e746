import * as fs from "fs";
import * as path from "path";
import { Settings } from "../../settings/settings";
import { lookupId, lookupNames } from "../../components/authentication/names";
import { lookupRole } from "../../components/authentication/rotation";
import { resourceNames } from "../../components/names";
import { Found } from "./found";

/** The file from which `pulumi import` takes resources into the state, under the program's names for them. */
export function importFile(found: Found, settings: Settings): object {
    const { dependencies } = JSON.parse(fs.readFileSync(path.join(__dirname, "../../package.json"), "utf8")) as {
        dependencies: Record<string, string>;
    };
    // `name` is used in this file only; `logicalName` is the program's.
    const part = (name: string, type: string, id: string, logicalName: string) => ({
        ...{ type, name, logicalName, id, parent: "authentication", version: dependencies["@pulumi/postgresql"]! },
    });
    const args = { ...settings, database: settings.databases[0]! };
    const names = lookupNames(args);
    return {
        resources: [
            { type: "sidecar:index:Authentication", name: "authentication", logicalName: resourceNames.pooler, component: true },
            ...(found.role ? [part("role", "postgresql:index/role:Role", lookupRole(settings), names.role)] : []),
            ...(found.lookup ? [part("lookup", "postgresql:index/function:Function", lookupId(args), names.lookup)] : []),
        ],
    };
}
