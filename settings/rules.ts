import { exporterHostPorts } from "../components/metrics/ports";
import { lookupRoles } from "../components/authentication/rotation";
import { openFiles } from "../components/pgbouncer/budget";
import { statsAccount } from "../components/pgbouncer/console";
import { lookupDatabase } from "../components/pgbouncer/ini";
import { DatabaseServer } from "./databaseserver";
import { configRemove } from "../findings/commands";
import { Mistakes } from "./mistakes";
import { projectDefaults } from "./project";
import { schemasOf } from "./roleschemas";
import { Key, OwnSettings } from "./schema";

type Checked = OwnSettings & { stack: string; databaseServer: DatabaseServer };

/** A value that is right alone, but not together with another setting. */
interface Contradiction {
    key: Key;
    what: string;
    /** A value that would be right. */
    value: string;
    /** A command that changes less than to set this value. */
    fix?: string;
}

/** The rules that span several settings. To add one, write a function and name it here. */
const rules: ((settings: Checked) => Contradiction[])[] = [
    poolSizes,
    processShares,
    poolerFiles,
    reservedDatabases,
    separateUsers,
    separateRole,
    separateMetricsRole,
    consoleUser,
    exporterPorts,
    roleForPassfile,
    roleSchemas,
    poolerName,
    plainEntrypoint,
    pinnedImages,
    identityProvider,
];

/** Reports every setting that contradicts another. */
export function findContradictions(settings: Checked, mistakes: Mistakes): void {
    for (const { key, what, value, fix } of rules.flatMap((rule) => rule(settings)))
        mistakes.add(key, what, fix ?? mistakes.set(key, value));
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

/** A pooler that may not open enough files does not listen. */
function poolerFiles(settings: Checked): Contradiction[] {
    const { pgbouncerFiles, maxClientConn } = settings;
    const needed = openFiles(settings);
    if (needed <= pgbouncerFiles) return [];
    const what = `is ${pgbouncerFiles}, and maxClientConn (${maxClientConn}) with the backends of all databases needs ${needed}`;
    return [{ key: "pgbouncerFiles", what, value: String(needed) }];
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
    const what = `is ${authUser}, so the pooler keeps ${databaseServer.username} for itself, which is postgresql:username`;
    return [{ key: "authUser", what, value: freeLookupRole({ adminUsers, databaseServer }) }];
}

/** A name for the lookup role that nobody else has. */
function freeLookupRole({ adminUsers, databaseServer }: Pick<Checked, "adminUsers" | "databaseServer">): string {
    const byDefault = projectDefaults().authUser;
    const isFree = ![...adminUsers, databaseServer.username].some((one) => lookupRoles(byDefault).includes(one));
    return isFree ? byDefault : `${byDefault}_lookup`;
}

/** The people's role must be neither the pooler's nor one that is there already. */
function separateRole({ pgadminRole, authUser, databaseServer }: Checked): Contradiction[] {
    const whose = lookupRoles(authUser).includes(pgadminRole)
        ? "the pooler keeps for itself (authUser)"
        : pgadminRole === databaseServer.username
          ? "is postgresql:username"
          : undefined;
    if (pgadminRole === "" || whose === undefined) return [];
    const taken = [...lookupRoles(authUser), databaseServer.username];
    const value = ["people", "pgadmin_people", "pgadmin_role"].find((name) => !taken.includes(name))!;
    return [{ key: "pgadminRole", what: `is ${pgadminRole}, which ${whose}`, value }];
}

/** The exporter's role is nobody else's. */
function separateMetricsRole({ metrics, metricsRole, authUser, pgadminRole, adminUsers, databaseServer }: Checked): Contradiction[] {
    if (!metrics) return [];
    const taken = [...lookupRoles(authUser), ...adminUsers, databaseServer.username, ...(pgadminRole === "" ? [] : [pgadminRole])];
    if (!taken.includes(metricsRole)) return [];
    const value = ["sidecar_metrics", "pooler_metrics", "sidecar_exporter"].find((name) => !taken.includes(name))!;
    return [{ key: "metricsRole", what: `is ${metricsRole}, which another setting names for somebody else`, value }];
}

/** With exporters, their user of the console can log in nowhere else. */
function consoleUser({ metrics, adminUsers, authUser, databaseServer, pgadminRole }: Checked): Contradiction[] {
    const { name } = statsAccount;
    if (!metrics) return [];
    if (lookupRoles(authUser).includes(name)) {
        const what = `is ${authUser}, so the pooler keeps ${name} for itself, which is the exporters' user on the console`;
        return [{ key: "authUser", what, value: freeLookupRole({ adminUsers, databaseServer }) }];
    }
    if (adminUsers.includes(name)) {
        return [
            { key: "adminUsers", what: `names ${name}, which is the exporters' user on the console`, value: projectDefaults().adminUsers },
        ];
    }
    if (pgadminRole !== name) return [];
    return [{ key: "pgadminRole", what: `is ${name}, which is the exporters' user on the console`, value: "people" }];
}

/** The exporters' ports follow each other, and pgAdmin's is none of them. */
function exporterPorts(settings: Checked): Contradiction[] {
    const { metricsPort, pgadminPort, processes } = settings;
    const last = metricsPort + processes;
    const ports = exporterHostPorts(settings);
    const isFree = (first: number) => first + processes <= 65_535 && (pgadminPort < first || pgadminPort > first + processes);
    if (ports.length === 0 || isFree(metricsPort)) return [];
    const what =
        last > 65_535
            ? `is ${metricsPort}, and the exporters of ${processes} processes need the ports up to ${last}`
            : `is ${metricsPort}, so the exporters have the ports up to ${last}, and ${pgadminPort} is pgadminPort`;
    const first = last > 65_535 ? 65_535 - processes : pgadminPort + 1;
    return [{ key: "metricsPort", what, value: String([first, pgadminPort - 1 - processes].find(isFree)) }];
}

/** pgAdmin has no other password to write into a file. */
function roleForPassfile({ pgadminPassfile, pgadminRole }: Checked): Contradiction[] {
    if (!pgadminPassfile || pgadminRole !== "") return [];
    return [{ key: "pgadminPassfile", what: "is true, but there is no pgadminRole whose password it could hold", value: "false" }];
}

function roleSchemas({ stack, pgadminRole, pgadminRoleSchemas, databases }: Checked): Contradiction[] {
    if (pgadminRoleSchemas.length === 0) return [];
    const value = projectDefaults().pgadminRoleSchemas;
    if (pgadminRole === "") return [{ key: "pgadminRoleSchemas", what: "is set, but there is no pgadminRole to read them", value }];
    const stray = pgadminRoleSchemas.find((one) => one.includes(".") && !databases.includes(one.split(".")[0]!));
    if (stray !== undefined) {
        return [{ key: "pgadminRoleSchemas", what: `names ${stray}, which is in none of databases (${databases.join(", ")})`, value }];
    }
    const full = schemasOf({ pgadminRoleSchemas, databases }).map(({ database, schema }) => `${database}.${schema}`);
    const without = (at: number, what: string): Contradiction[] => [
        { key: "pgadminRoleSchemas", what, value, fix: configRemove({ stack }, `--path 'pgadminRoleSchemas[${at}]'`) },
    ];
    const servers = full.findIndex((one) => /\.(pg_|information_schema$)/.test(one));
    if (servers >= 0) {
        const why = full[servers]!.endsWith(".pg_catalog") ? "; SELECT on all of it shows the verifiers of all roles" : "";
        const what = `names ${pgadminRoleSchemas[servers]}, which is the server's own${why}`;
        return without(servers, what);
    }
    const again = full.findIndex((one, at) => full.indexOf(one) < at);
    if (again >= 0) {
        const what = `names one schema twice: ${pgadminRoleSchemas[full.indexOf(full[again]!)]} and ${pgadminRoleSchemas[again]} are both ${full[again]}`;
        return without(again, what);
    }
    const suffixed = full.findIndex((one) => full.some((other) => one === `${other}-tables`));
    if (suffixed < 0) return [];
    const [longer, shorter] = [full[suffixed]!, full[suffixed]!.slice(0, -"-tables".length)];
    return without(
        suffixed,
        `names ${shorter} and ${longer}, whose grants would have one name in the state; give one of the two its rights by hand`,
    );
}

/** A name for the pooler that is not the database's. */
export const freeAlias = (databaseHost: string) => (databaseHost === "pgbouncer" ? "pgbouncer-pool" : "pgbouncer");

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
    const what = `is ${pgbouncerAlias}, which is ${whose}, and can't be the pooler's name`;
    return [{ key: "pgbouncerAlias", what, value: freeAlias(databaseHost) }];
}

function plainEntrypoint({ proxyTls, proxyEntrypoint }: Checked): Contradiction[] {
    if (proxyTls || proxyEntrypoint !== projectDefaults().proxyEntrypoint) return [];
    const what = `is ${proxyEntrypoint}, an entrypoint for HTTPS, while proxyTls is false`;
    return [{ key: "proxyEntrypoint", what, value: "http" }];
}

/** The lab's stack may run images that it built itself, which have no digest in a registry. */
function pinnedImages(settings: Checked): Contradiction[] {
    const exporters = settings.metrics ? (["pgbouncerExporterImage", "postgresExporterImage"] as const) : [];
    return [...(["pgbouncerImage", "pgadminImage"] as const), ...exporters]
        .filter((key) => settings.stack !== "local" && !settings[key].includes("@sha256:"))
        .map((key) => ({
            key,
            what: `is ${settings[key]}, without a digest: it may be another image tomorrow`,
            value: `${settings[key]}@sha256:DIGEST`,
        }));
}

/** What a login with an identity provider can't do without. */
function identityProvider({ oidcIssuer, oidcClientId, oidcClientSecret, oidcPasswordLogin }: Checked): Contradiction[] {
    const found: Contradiction[] = [];
    const set = Object.entries({ oidcIssuer, oidcClientId, oidcClientSecret }).find(([, value]) => value !== "")?.[0];
    if (set && oidcIssuer === "") found.push({ key: "oidcIssuer", what: `is missing, while ${set} is set`, value: "https://ISSUER" });
    if (set && oidcClientId === "") found.push({ key: "oidcClientId", what: `is missing, while ${set} is set`, value: "CLIENT_ID" });
    if (!set && !oidcPasswordLogin)
        found.push({ key: "oidcPasswordLogin", what: "is false, and without oidcIssuer nobody could log in to pgAdmin", value: "true" });
    return found;
}
