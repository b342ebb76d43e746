import * as fc from "fast-check";
import { emailSettings } from "../../../components/pgadmin/email";
import { proxySettings, routeLabels, routerName } from "../../../components/pgadmin/route";
import { renderServers } from "../../../components/pgadmin/servers";
import { lookupBody } from "../../../components/authentication/lookup";
import { lookupId, lookupNames } from "../../../components/authentication/names";
import { lookupRole } from "../../../components/authentication/rotation";
import { budget, openFiles, sizesOf } from "../../../components/pgbouncer/budget";
import { renderInis, renderUserlist } from "../../../components/pgbouncer/ini";
import { parameterRows } from "../../../components/pgbouncer/parameters";
import { rollKey } from "../../../components/pgbouncer/roll";
import { dockerCommand } from "../../../host/engine";
import { sshArguments } from "../../../host/ssh";
import { inDatabaseContainer, psqlCommand, upCommand } from "../../../host/remedies";
import { databaseKeys } from "../../../settings/databaseserver";
import { deployed } from "../../../settings/deployed";
import { dockerKeys } from "../../../settings/docker";
import { SettingsError } from "../../../settings/mistakes";
import { declaredSettings, projectDefaults } from "../../../settings/project";
import { Key, schema } from "../../../settings/schema";
import { parseSettings, Settings } from "../../../settings/settings";
import { breaksOut, holds, mark, nasty, nastyList, runs } from "../badinput";

const required = { "pg-sidecar:pgadminEmail": "you@example.com", "postgresql:host": "127.0.0.1", "postgresql:password": "x" };

/** The settings, or the error that refuses them; anything else that is thrown is a fault. */
function judged(values: Record<string, string>, env: NodeJS.ProcessEnv = {}): Settings | SettingsError {
    try {
        const all = { ...required, ...values };
        return parseSettings({ project: "pg-sidecar", stack: "stage", values: all, secretKeys: Object.keys(all), env });
    } catch (cause) {
        if (cause instanceof SettingsError) return cause;
        throw cause;
    }
}

/** Renders everything that a run makes of settings before it asks anybody. */
function renderAll(settings: Settings) {
    const names = { ...settings, database: settings.databases[0]! };
    const ini = { ...settings, authUser: lookupRole(settings) };
    const server = {
        host: settings.pgbouncerAlias,
        port: settings.listenPort,
        databases: settings.databases,
        username: settings.adminUsers[0]!,
    };
    const route = { domain: settings.pgadminDomain || "x", tls: settings.proxyTls, entrypoint: settings.proxyEntrypoint, redirectFrom: settings.proxyRedirectFrom, certResolver: settings.proxyCertResolver }; // prettier-ignore
    lookupBody({ lookupFunction: settings.authFunction, owner: "pg-sidecar/stage" });
    lookupNames(names);
    lookupId(names);
    renderUserlist(ini.authUser, "x");
    budget(sizesOf(settings));
    openFiles(ini);
    rollKey(settings);
    deployed(settings);
    proxySettings(1, true);
    return {
        inis: renderInis(ini),
        servers: renderServers(server),
        labels: routeLabels(route, routerName("pg-sidecar/stage"), settings.proxyNetwork, 80),
        email: emailSettings(settings.pgadminEmail),
        commands: [upCommand(settings), psqlCommand(settings, settings.databases[0]!, ["SELECT 1"]), dockerCommand(settings.docker), inDatabaseContainer(settings, "db-1", "true")], // prettier-ignore
        ssh: settings.docker.host.startsWith("ssh:") ? sshArguments(settings.docker, []) : [],
    };
}

/** The commands of an error's fixes, without their comments. */
const fixesIn = (message: string) => [...message.matchAll(/Fix: ([^]*?)(?: {3}\(|\n {2}- |$)/g)].map(([, fix]) => fix!);

/** What a refusal has to be: short, and about the key, with fixes that run nothing of the value. */
function expectClear(refusal: SettingsError, key: string, value: string) {
    expect(refusal.message).toContain(key.replace(/^pg-sidecar:/, ""));
    expect(refusal.message).toContain("Fix: ");
    expect(refusal.message.length).toBeLessThan(1500);
    // As it is shown, a value is one line: what follows a newline would look like a line of ours.
    expect(refusal.message).not.toMatch(/[\0\r\u202e]/);
    if (value.includes(mark)) for (const fix of fixesIn(refusal.message)) expect([fix, breaksOut(fix)]).toEqual([fix, false]);
}

/** What accepted settings have to be: everything renders, and each value is where it belongs, as a whole. */
function expectRendered(settings: Settings) {
    const { inis, servers, labels, commands } = renderAll(settings);
    for (const ini of inis) {
        const lines = ini.split("\n");
        for (const line of lines) expect(line).toMatch(/^(;.*|\[(databases|peers|pgbouncer)\]|[\w-]+ = \S.*|)$/);
        const values = Object.fromEntries(lines.flatMap((line) => (/^([\w-]+) = (.*)$/.exec(line)?.slice(1) as [string, string] | undefined) ? [/^([\w-]+) = (.*)$/.exec(line)!.slice(1) as [string, string]] : [])); // prettier-ignore
        for (const database of settings.databases) {
            expect(values[database]).toBe(`host=${settings.databaseHost} port=${settings.databasePort} dbname=${database}`);
        }
        expect(values.admin_users!.split(", ")).toEqual(settings.adminUsers);
        expect(values.listen_port).toBe(String(settings.listenPort));
        expect(values.ignore_startup_parameters).toBe(`${settings.ignoreStartupParameters.join(",")},`);
        for (const [key, row] of parameterRows) if ("min" in row && !row.shared) expect(values[row.ini]).toBe(String(settings[key]));
    }
    expect(JSON.parse(servers)).toMatchObject({ Servers: { 1: { Host: settings.pgbouncerAlias, Username: settings.adminUsers[0], DBRestriction: settings.databases.join(",") } } }); // prettier-ignore
    for (const value of Object.values(labels)) expect(value).toMatch(/^[\w.`():/-]*$/);
    for (const command of commands) expect(command).not.toMatch(/[\n\0]/);
}

const declared = declaredSettings();
const goods: Partial<Record<Key, string>> = { pgadminEmail: "you@example.com", pgadminPassword: "hunter22", pgadminDomain: "pgadmin.example.com", databaseNetwork: "coolify" }; // prettier-ignore
const goodOf = (key: Key) => goods[key] ?? projectDefaults()[key];

test.each(Object.keys(schema.shape) as Key[])("%s is refused clearly, or has everywhere the value that was set", (key) => {
    const good = goodOf(key);
    const list = declared[key].type === "array";
    const values = list ? fc.oneof(nasty(good), nastyList((JSON.parse(good) as string[])[0] ?? "postgres")) : nasty(good);
    holds(
        fc.property(values, (value) => {
            const settings = judged({ [`pg-sidecar:${key}`]: value });
            if (settings instanceof SettingsError) return expectClear(settings, key, value);
            expectRendered(settings);
            const read = settings[key];
            if (key === "adminUsers" && (JSON.parse(value) as string[]).length === 0) return expect(read).toEqual(["postgres"]);
            if (list) return expect(read).toEqual(JSON.parse(value));
            expect(typeof read === "number" ? read : String(read)).toBe(typeof read === "number" ? Number(value) : value);
            return undefined;
        }),
    );
});

const providerGoods: Record<string, string> = {
    "docker:host": "ssh://root@host.example.com",
    "docker:sshOpts": '["-o","BatchMode=yes"]',
    "postgresql:host": "db.example.com",
    "postgresql:clientcert": '{"cert":"a","key":"b"}',
};
const providers = [...Object.entries({ docker: dockerKeys, postgresql: databaseKeys })].flatMap(([space, keys]) => Object.keys(keys).map((key) => `${space}:${key}`)); // prettier-ignore

test.each(providers)("%s is refused clearly, or no command that it is part of runs anything of it", (key) => {
    holds(
        fc.property(nasty(providerGoods[key] ?? "good"), (value) => {
            const ssh: Record<string, string> = key === "docker:sshOpts" ? { "docker:host": "ssh://root@host" } : {};
            const settings = judged({ ...ssh, [key]: value });
            if (settings instanceof SettingsError)
                return expectClear(settings, /^postgresql:username/.test(key) ? "" : key.split(":")[0]!, value);
            expectRendered(settings);
            if (value.includes(mark))
                for (const line of renderAll(settings).commands) expect([line, breaksOut(line)]).toEqual([line, false]);
            return undefined;
        }),
        Math.ceil(runs / 2),
    );
});

test("a setting that does not exist is refused clearly, whatever its name and value", () => {
    const name = fc.oneof(nasty("databaseHost"), nasty("pgadmin_password"), fc.constantFrom("database-host", "Databases", "maxclientconn"));
    holds(
        fc.property(name, nasty(), fc.constantFrom("pg-sidecar:", "postgresql:"), (key, value, space) => {
            fc.pre(!(key in schema.shape) && !(space === "postgresql:" && providers.includes(space + key)));
            const refused = judged({ [space + key]: value });
            if (space === "postgresql:" && !(refused instanceof SettingsError)) return; // a key of the provider's that the program doesn't read
            expect(refused).toBeInstanceOf(SettingsError);
            expectClear(refused as SettingsError, "", mark);
        }),
    );
});

test("values that are right alone render together, whichever are set", () => {
    const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_-]{0,62}$/);
    const names = fc.uniqueArray(name, { minLength: 1, maxLength: 5 });
    const values = fc.record({ databases: names, adminUsers: names, authUser: name, databaseHost: fc.domain(), pgbouncerAlias: name, processes: fc.integer({ min: 1, max: 64 }), defaultPoolSize: fc.integer({ min: 1, max: 200 }), listenPort: fc.integer({ min: 1024, max: 65_535 }) }, { requiredKeys: [] }); // prettier-ignore
    holds(
        fc.property(values, (some) => {
            const text = Object.entries(some).map(([key, value]) => [
                `pg-sidecar:${key}`,
                typeof value === "string" ? value : JSON.stringify(value),
            ]);
            const settings = judged(Object.fromEntries(text) as Record<string, string>);
            if (!(settings instanceof SettingsError)) expectRendered(settings);
        }),
    );
});
