import { socketDir } from "../../components/pgbouncer/ini";
import { once } from "./check";
import { inPooler, reason } from "./sessions";
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

async function askConsole(target: Target, number: number): Promise<ConsoleFacts> {
    const shows = ["VERSION", "POOLS", "DATABASES", "CONFIG", "LISTS"].flatMap((what) => [
        "-c",
        `'\\echo @${what}'`,
        "-c",
        `'SHOW ${what}'`,
    ]);
    const psql = `exec psql -h ${socketDir(number)} -p ${target.deployed.listenPort} -U pgbouncer -d pgbouncer -qAX -F "$SEPARATOR" -P footer=off`;
    const ran = await inPooler(target, `${psql} ${shows.join(" ")}`, { SEPARATOR: separator, PGCONNECT_TIMEOUT: "5" });
    if (ran.code !== 0) throw new Error(`the admin console${number > 1 ? ` of process ${number}` : ""}: ${reason(ran)}`);
    return parseConsole(ran.stdout);
}

export const consoleFacts = once(askConsoles);

/** Parses what psql printed: for each SHOW a line with `@` and its name, then a table with a header. */
export function parseConsole(printed: string): ConsoleFacts {
    const tables: Record<string, Row[]> = {};
    for (const block of printed.split(/^@/m).slice(1)) {
        const [name = "", header = "", ...lines] = block.replace(/\n$/, "").split("\n");
        const columns = header.split(separator);
        tables[name] = lines.map((line) => Object.fromEntries(line.split(separator).map((value, at) => [columns[at] ?? "", value])));
    }
    const { VERSION: version = [], POOLS: pools = [], DATABASES: databases = [], CONFIG: config = [], LISTS: lists = [] } = tables;
    return {
        version: /[\d.]+/.exec(version[0]?.version ?? "")?.[0] ?? "",
        pools,
        databases,
        config: Object.fromEntries(config.map(({ key = "", value = "" }) => [key, value])),
        lists: Object.fromEntries(lists.map(({ list = "", items = "" }) => [list, Number(items)])),
    };
}
