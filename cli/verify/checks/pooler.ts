import { randomBytes } from "crypto";
import * as path from "path";
import { imageName, versionInTag } from "../../../host/imagereference";
import { projectDefaults } from "../../../settings/project";
import { Check, failed, ok, Outcome, skipped } from "../check";
import { ConsoleFacts, consoleFacts } from "../console";
import { readIni } from "../ini";
import { judgeVulnerabilities } from "../judgevulnerabilities";
import { needPooledLogin } from "../lookup-probe";
import { inPooler, psqlFor, query, reason, words } from "../sessions";
import { replacePooler } from "../target";
import { ofPgbouncer } from "../vulnerabilities";

/** Whether what runs is what the tag names. Only the default image, from whatever registry, is known to have pgbouncer's version there. */
export function judgeVersion(running: string, reference: string): Outcome {
    const expected = versionInTag(reference);
    if (!expected) return skipped(`the tag of ${reference} has no version; it runs ${running}`);
    if (running === expected || running.startsWith(`${expected}.`)) return ok(running);
    const tagged = reference.split("@")[0];
    const known = `/${imageName(reference)}`.endsWith(`/${imageName(projectDefaults().pgbouncerImage)}`);
    return known
        ? failed(`it runs ${running}, but its image is tagged ${tagged}`)
        : skipped(`it runs ${running}; whether the tag of ${tagged} is pgbouncer's version is not known`);
}

/** Whether every pool of the served databases is in transaction mode. */
export function judgeMode(processes: ConsoleFacts[], databases: string[]): Outcome {
    const pools = processes.flatMap((each) => each.pools);
    const config = processes.find((each) => each.config.pool_mode !== "transaction")?.config ?? processes[0]!.config;
    const wrong = pools.filter(({ database = "", pool_mode: mode }) => databases.includes(database) && mode !== "transaction");
    const saw = `pool_mode = ${config.pool_mode}`;
    if (wrong.length > 0)
        return failed(wrong.map(({ database, user, pool_mode: mode }) => `pool ${database}/${user} is in ${mode} mode`).join("; "));
    return config.pool_mode === "transaction" ? ok(saw) : failed(saw);
}

/** A value; of a file only its name, since each container has its own folder for it. */
const inContainer = (key: string, value: string) => (key.endsWith("_file") ? path.posix.basename(value) : value);

const settingsIn = (ini: string) => Object.entries(readIni(ini)).map(([key, value]): [string, string] => [key, inContainer(key, value)]);

/** Whether the configuration in force is the deployed one, in each process. */
export function judgeConfig(processes: ConsoleFacts[], pgbouncerIni: string, up: string): Outcome {
    const inis = pgbouncerIni.split(/^(?=\[databases\]$)/m).map(settingsIn);
    const wrong = processes.flatMap(({ config }, at) =>
        (inis[at] ?? [])
            .filter(([key, value]) => inContainer(key, config[key] ?? "") !== value)
            .map(([key, value]) => `${key} is ${config[key]}${at > 0 ? ` in process ${at + 1}` : ""}, but ${value} was deployed`),
    );
    if (wrong.length > 0) return failed(wrong.join("; "), replacePooler(up));
    const each = processes.length > 1 ? `, in each of ${processes.length} processes` : "";
    return ok(`${inis[0]!.length} settings are those of the stack's pgbouncerIni${each}`);
}

export const poolerChecks: Check[] = [
    {
        id: "version",
        proves: "pgbouncer's version is the one in its image's tag",
        run: async (target) => judgeVersion((await consoleFacts(target))[0]!.version, target.deployed.pgbouncerImage),
    },
    {
        id: "vulnerabilities",
        proves: "the running pgbouncer has no known vulnerability that is open",
        run: async (target) => {
            const { stack, deployed } = target;
            return judgeVulnerabilities(ofPgbouncer, (await consoleFacts(target))[0]!, { stack, image: deployed.pgbouncerImage });
        },
    },
    {
        id: "query",
        proves: "SELECT 1 comes back through the pooler from each database",
        run: async (target) => {
            await needPooledLogin(target);
            for (const database of target.deployed.databases) await query(target, "pooled", database, "SELECT 1");
            return ok(`${target.deployed.databases.join(", ")}, as ${target.pooled.user}`);
        },
    },
    {
        id: "login-refused",
        proves: "a wrong password is refused",
        run: async (target) => {
            await needPooledLogin(target);
            const { command, env } = psqlFor(target, "pooled", target.deployed.databases[0]!);
            const wrong = { ...env, PGPASSWORD: randomBytes(12).toString("hex") };
            const ran = await inPooler(target, `exec ${words(...command, "-c", "SELECT 1")}`, wrong);
            if (ran.code === 0) return failed(`a random password logged in as ${target.pooled.user}`);
            return /authentication failed/.test(ran.stderr) ? ok(reason(ran)) : failed(`refused, but not for the password: ${reason(ran)}`);
        },
    },
    {
        id: "mode",
        proves: "pools are in transaction mode",
        run: async (target) => judgeMode(await consoleFacts(target), target.deployed.databases),
    },
    {
        id: "console",
        proves: "the admin console answers SHOW POOLS, STATS and CLIENTS to an admin user",
        run: async (target) => {
            const { user } = target.pooled;
            const { adminUsers } = target.deployed;
            if (adminUsers.length === 0) return skipped("there are no adminUsers: the commands use the console's socket");
            await needPooledLogin(target);
            if (!adminUsers.includes(user)) return skipped(`${user} is not one of adminUsers: ${adminUsers.join(", ")}`);
            const shows = ["SHOW POOLS", "SHOW STATS", "SHOW CLIENTS"];
            const lines = (await query(target, "pooled", "pgbouncer", ...shows)).split("\n");
            return ok(`as ${user}: ${lines.length} rows`);
        },
    },
    {
        id: "config",
        proves: "the configuration in force is the deployed one",
        run: async (target) => judgeConfig(await consoleFacts(target), target.outputs.pgbouncerIni, target.upCommand),
    },
];
