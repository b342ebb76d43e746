import { socketDir } from "../../components/pgbouncer/ini";
import { once } from "./check";
import { inPooler, reason, words } from "./sessions";
import { Target } from "./target";

type Row = Record<string, string>;

/** What the admin console of one of the pooler's processes reports. */
export interface ConsoleFacts {
    /** `1.25.2`. */
    version: string;
    pools: Row[];
    databases: Row[];
    config: Record<string, string>;
    /** How many it has of each kind, such as `used_clients`. */
    lists: Record<string, number>;
}

const separator = "\x1f";

/** Asks each process's console over its own socket, where its own user needs no password. */
export async function askConsoles(target: Target): Promise<ConsoleFacts[]> {
    const facts: ConsoleFacts[] = [];
    for (let number = 1; number <= target.deployed.processes; number++) facts.push(await askConsole(target, number));
    return facts;
}

/** psql on the console of one of a pooler's processes. It prints tables for `parseRows`. */
export const consoleCommand = (number: number, port: number): string[] =>
    ["psql", "-h", socketDir(number), "-p", String(port), "-U", "pgbouncer", "-d", "pgbouncer", "-qAX", "-F", separator, "-P", "footer=off"]; // prettier-ignore

async function askConsole(target: Target, number: number): Promise<ConsoleFacts> {
    const shows = ["VERSION", "POOLS", "DATABASES", "CONFIG", "LISTS"].flatMap((what) => ["-c", `\\echo @${what}`, "-c", `SHOW ${what}`]);
    const psql = words(...consoleCommand(number, target.deployed.listenPort), ...shows);
    const ran = await inPooler(target, `exec ${psql}`, { PGCONNECT_TIMEOUT: "5" });
    if (ran.code !== 0) throw new Error(`the admin console${number > 1 ? ` of process ${number}` : ""}: ${reason(ran)}`);
    return parseConsole(ran.stdout);
}

/** The backends of a pool, in whatever state. */
export const backendsOf = (pool: Row): number =>
    Object.entries(pool).reduce((sum, [key, value]) => (key.startsWith("sv_") ? sum + Number(value) : sum), 0);

export const consoleFacts = once(askConsoles);

/** The rows of a table with a header. */
export function parseRows(table: string): Row[] {
    const [header = "", ...lines] = table.replace(/\n$/, "").split("\n");
    const columns = header.split(separator);
    return lines.map((line) => Object.fromEntries(line.split(separator).map((value, at) => [columns[at] ?? "", value])));
}

/** Parses what psql printed: for each SHOW a line with `@` and its name, then a table with a header. */
export function parseConsole(printed: string): ConsoleFacts {
    const blocks = printed.split(/^@/m).slice(1);
    const tables: Record<string, Row[]> = Object.fromEntries(
        blocks.map((block) => [block.split("\n", 1)[0]!, parseRows(block.slice(block.indexOf("\n") + 1))]),
    );
    const { VERSION: version = [], POOLS: pools = [], DATABASES: databases = [], CONFIG: config = [], LISTS: lists = [] } = tables;
    return {
        version: /[\d.]+/.exec(version[0]?.version ?? "")?.[0] ?? "",
        pools,
        databases,
        config: Object.fromEntries(config.map(({ key = "", value = "" }) => [key, value])),
        lists: Object.fromEntries(lists.map(({ list = "", items = "" }) => [list, Number(items)])),
    };
}
