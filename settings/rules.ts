import { lookupRoles } from "../components/authentication/rotation";
import { lookupDatabase } from "../components/pgbouncer/ini";
import { DatabaseServer } from "./databaseserver";
import { Mistakes } from "./mistakes";
import { projectDefaults } from "./project";
import { Key, OwnSettings, plainName } from "./schema";

type Checked = OwnSettings & { stack: string; databaseServer: DatabaseServer };

/** A value that is right alone, but not together with another setting. */
interface Contradiction {
    key: Key;
    what: string;
    /** A value that would be right. */
    value: string;
}

/** The rules that span several settings. To add one, write a function and name it here. */
const rules: ((settings: Checked) => Contradiction[])[] = [
    poolSizes,
    processShares,
    reservedDatabases,
    separateUsers,
    poolerName,
    plainEntrypoint,
    pinnedImages,
];

/** Reports every setting that contradicts another. */
export function findContradictions(settings: Checked, mistakes: Mistakes): void {
    for (const { key, what, value } of rules.flatMap((rule) => rule(settings))) mistakes.add(key, what, mistakes.set(key, value));
}

function poolSizes({ minPoolSize, defaultPoolSize, maxDbConnections }: Checked): Contradiction[] {
    const found: Contradiction[] = [];
    if (minPoolSize > defaultPoolSize) {
        const what = `is ${minPoolSize}, more than defaultPoolSize (${defaultPoolSize})`;
        found.push({ key: "minPoolSize", what, value: String(Math.min(defaultPoolSize, maxDbConnections)) });
    }
    if (defaultPoolSize > maxDbConnections) {
        const what = `is ${defaultPoolSize}, more than maxDbConnections (${maxDbConnections}) allows for a database`;
        found.push({ key: "defaultPoolSize", what, value: String(maxDbConnections) });
    }
    return found;
}

/** Each process needs a backend of its own in each pool. */
function processShares({ processes, defaultPoolSize, maxDbConnections }: Checked): Contradiction[] {
    const least = Math.min(defaultPoolSize, maxDbConnections);
    if (processes <= least) return [];
    const what = `is ${processes}, and ${least === defaultPoolSize ? "defaultPoolSize" : "maxDbConnections"} has only ${least} backends for them to share`;
    return [{ key: "processes", what, value: String(least) }];
}

function reservedDatabases({ databases }: Checked): Contradiction[] {
    const conflict = databases.find((one) => ["pgbouncer", lookupDatabase].includes(one));
    if (conflict === undefined) return [];
    return [{ key: "databases", what: `names ${conflict}, which the pooler keeps for itself`, value: projectDefaults().databases }];
}

/** A person who logs in as the lookup role would be the pooler. */
function separateUsers({ authUser, adminUsers, databaseServer }: Checked): Contradiction[] {
    const reserved = lookupRoles(authUser);
    const conflict = adminUsers.find((one) => reserved.includes(one));
    if (conflict === undefined) return [];
    if (!reserved.includes(databaseServer.username)) {
        const what = `names ${conflict}, which the pooler keeps for itself (authUser)`;
        return [{ key: "adminUsers", what, value: projectDefaults().adminUsers }];
    }
    const byDefault = projectDefaults().authUser;
    const isFree = ![...adminUsers, databaseServer.username].some((one) => lookupRoles(byDefault).includes(one));
    const what = `is ${authUser}, so the pooler keeps ${databaseServer.username} for itself, which is postgresql:username`;
    return [{ key: "authUser", what, value: isFree ? byDefault : `${byDefault}_lookup` }];
}

/** The pooler's name must not be another's on its networks, and Docker's DNS has to resolve it. */
function poolerName({ pgbouncerAlias, databaseHost }: Checked): Contradiction[] {
    const whose =
        pgbouncerAlias === databaseHost
            ? "the name of the database (databaseHost)"
            : pgbouncerAlias === "pgadmin"
              ? "pgAdmin's name"
              : pgbouncerAlias === "localhost"
                ? "each container's own name"
                : /^[\d.]+$/.test(pgbouncerAlias)
                  ? "an address"
                  : undefined;
    if (whose === undefined) return [];
    const value = databaseHost === "pgbouncer" ? "pgbouncer-pool" : "pgbouncer";
    return [{ key: "pgbouncerAlias", what: `is ${pgbouncerAlias}, which is ${whose}, and can't be the pooler's name`, value }];
}

function plainEntrypoint({ proxyTls, proxyEntrypoint }: Checked): Contradiction[] {
    if (proxyTls || proxyEntrypoint !== projectDefaults().proxyEntrypoint) return [];
    const what = `is ${proxyEntrypoint}, an entrypoint for HTTPS, while proxyTls is false`;
    return [{ key: "proxyEntrypoint", what, value: "http" }];
}

/** The lab's stack may run images that it built itself, which have no digest in a registry. */
function pinnedImages(settings: Checked): Contradiction[] {
    return (["pgbouncerImage", "pgadminImage"] as const)
        .filter((key) => settings.stack !== "local" && !settings[key].includes("@sha256:"))
        .map((key) => ({
            key,
            what: `is ${settings[key]}, without a digest: it may be another image tomorrow`,
            value: `${settings[key]}@sha256:DIGEST`,
        }));
}

/** The users of the admin console: those that are set, or else the login of the postgresql provider. */
export function adminUsersOf({ adminUsers }: OwnSettings, { username }: DatabaseServer, mistakes: Mistakes): string[] {
    if (adminUsers.length > 0) return adminUsers;
    if (!plainName.safeParse(username).success) {
        mistakes.add(
            "adminUsers",
            `is postgresql:username by default, and ${JSON.stringify(username)} is not a plain name`,
            mistakes.set("--path 'adminUsers[0]'", "NAME"),
        );
    }
    return [username];
}
