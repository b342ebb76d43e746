import { markdownTable } from "../../findings/markdown";
import { compared } from "./latency";
import { isSimplest, Percentiles, percentileNames, protocols, scripts } from "./pgbench";
import { Latency, Machine, Measured, Profile, Results, Throughput } from "./results";
import { programs, works } from "./samples";
import { median, spread } from "../statistics";

const table = (head: string[], rows: string[][]) => [markdownTable(head, rows), ""];

/** The values that are the same in name and order of their first appearance. */
const distinct = <T>(values: T[]) => [...new Set(values)];

interface Summary {
    median?: number;
    spread?: number;
    /** The first error; with a median, the others were measured. */
    failed?: string;
}

/** What several measurements of one thing came to. */
export function summary(all: Measured[], value: (one: never) => number | undefined): Summary {
    const values = all.flatMap((one) => value(one as never) ?? []);
    const failed = all.find((one) => one.failed)?.failed ?? (values.length === 0 ? "not measured" : undefined);
    return { ...(values.length > 0 && { median: median(values), spread: spread(values) }), ...(failed !== undefined && { failed }) };
}

/** `SELECT, simple, 30 clients`. */
const loadName = ({ script, protocol, clients }: Pick<Throughput, "script" | "protocol" | "clients">) =>
    `${script === "select" ? "SELECT" : "TPC-B"}, ${protocol}, ${clients} ${clients === 1 ? "client" : "clients"}`;

/** The loads in the order of a table: scripts, then protocols, then clients. */
function loadNames(throughput: Throughput[]): string[] {
    const rank = (one: Throughput) => scripts.indexOf(one.script) * 1e7 + protocols.indexOf(one.protocol) * 1e6 + one.clients;
    return distinct([...throughput].sort((a, b) => rank(a) - rank(b)).map(loadName));
}

/** Errors by number, so that a cell of a table stays short. */
class Notes {
    private readonly texts: string[] = [];

    /** A cell without a figure. */
    mark(text: string): string {
        return `none${this.number(text)}`;
    }

    /** ` (1)`, the error's number; nothing without one. */
    number(text: string | undefined): string {
        if (text === undefined) return "";
        if (!this.texts.includes(text)) this.texts.push(text);
        return ` (${this.texts.indexOf(text) + 1})`;
    }

    get lines(): string[] {
        return this.texts.length === 0 ? [] : [...this.texts.map((text, at) => `${at + 1}. ${text.replaceAll("|", "\\|")}`), ""];
    }
}

const machineLine = ({ cpus, model, memory, kernel, engine, database, pgbouncer }: Machine) =>
    `${cpus} × ${model}, ${Math.round(memory / 1e9)} GB, Linux ${kernel}, Docker ${engine}, PostgreSQL ${database}, pgbouncer ${pgbouncer}`;

/** Ratio to direct of the medians; empty if there is none. */
function ratio(value: number, direct: number | undefined): string {
    return direct ? `${(value / direct).toFixed(2)}×` : "–";
}

/** All rounds of a load by a way. */
const rounds = ({ throughput }: Results, load: string, way: string) =>
    throughput.filter((one) => loadName(one) === load && one.way === way);

function throughputTable(results: Results, notes: Notes): string[] {
    const ways = Object.keys(results.ways);
    const tps = ({ tps: value }: Throughput) => value;
    const rows = loadNames(results.throughput).map((load) => {
        const direct = summary(rounds(results, load, "direct"), tps).median;
        const cells = ways.map((way) => {
            const { median: value, spread: range, failed } = summary(rounds(results, load, way), tps);
            if (value === undefined) return notes.mark(failed!);
            const shown = `${value.toFixed(0)} ±${(range! / 2).toFixed(0)} %${notes.number(failed)}`;
            return way === "direct" ? shown : `${shown}, ${ratio(value, direct)}`;
        });
        return [load, ...cells];
    });
    return table(["transactions a second", ...ways], rows);
}

function cpuTable(results: Results): string[] {
    const ways = Object.keys(results.ways);
    const part = (load: string, way: string, name: "pooler" | "database") =>
        summary(rounds(results, load, way), ({ cpu }: Throughput) => cpu?.[name]).median;
    const rows = loadNames(results.throughput).map((load) => [
        load,
        ...ways.map((way) => {
            const [pooler, database] = [part(load, way, "pooler"), part(load, way, "database")];
            if (database === undefined) return "–";
            return way === "direct" ? database.toFixed(0) : `${pooler!.toFixed(0)} + ${database.toFixed(0)}`;
        }),
    ]);
    return table(["CPU µs a transaction: pooler + database", ...ways], rows);
}

function backendsTable(results: Results): string[] {
    const sweep = results.throughput.filter((one) => isSimplest(one) && one.backends !== undefined);
    const ways = distinct(sweep.map(({ way }) => way));
    const clients = distinct(sweep.map((one) => one.clients)).sort((a, b) => a - b);
    if (ways.length === 0) return [];
    const cell = (way: string, number: number) => {
        const all = sweep.filter((one) => one.way === way && one.clients === number);
        if (all.length === 0) return "–";
        const wait = summary(all, (one: Throughput) => one.wait).median;
        return `${Math.max(...all.map(({ backends }) => backends!))}${wait === undefined ? "" : `, ${(wait / 1000).toFixed(2)} ms`}`;
    };
    return table(
        ["backends, and a client's wait for one, by number of clients", ...clients.map(String)],
        ways.map((way) => [way, ...clients.map((number) => cell(way, number))]),
    );
}

const rateName = ({ rate, percent }: Latency) => (percent === undefined ? `${rate}/s` : `${percent} % of capacity, ${rate}/s`);

function latencyTable({ latency }: Results, notes: Notes): string[] {
    const ordered = [...latency].sort((a, b) => (a.percent ?? 0) - (b.percent ?? 0) || a.rate - b.rate);
    const ways = distinct(compared.filter((way) => latency.some((one) => one.way === way)));
    const cell = (rate: string, way: string) => {
        const all = latency.filter((one) => rateName(one) === rate && one.way === way);
        const of = (name: keyof Percentiles) => summary(all, ({ percentiles }: Latency) => percentiles?.[name]);
        const { median: middle, failed } = of("p50");
        if (middle === undefined) return notes.mark(failed!);
        return `${percentileNames.map((name) => of(name).median!.toFixed(2)).join(" / ")}${notes.number(failed)}`;
    };
    return table(
        [`milliseconds: ${percentileNames.join(" / ")}`, ...ways],
        distinct(ordered.map(rateName)).map((rate) => [rate, ...ways.map((way) => cell(rate, way))]),
    );
}

function connectionsTable({ connections, ways }: Results, notes: Notes): string[] {
    const of = (way: string) => summary(connections.filter((one) => one.way === way), ({ perSecond }: { perSecond?: number }) => perSecond); // prettier-ignore
    const direct = of("direct").median;
    const measured = Object.keys(ways).filter((way) => connections.some((one) => one.way === way));
    const cell = (way: string) => {
        const { median: value, spread: range, failed } = of(way);
        return value === undefined
            ? notes.mark(failed!)
            : `${value.toFixed(0)} ±${(range! / 2).toFixed(0)} %${notes.number(failed)}, ${ratio(value, direct)}`;
    };
    return table(["", ...measured], [["new connections a second", ...measured.map(cell)]]);
}

const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

function memoryTable({ memory: { idle, backend } }: Results): string[] {
    const rows = idle.map(({ way, clients, resident, backends, seconds, failed }) =>
        failed
            ? [way, String(clients), failed, "", "", ""]
            : [
                  way,
                  String(clients),
                  mebibytes(resident!),
                  String(backends),
                  `${seconds!.toFixed(0)} s`,
                  backend ? mebibytes(Math.max(0, clients - backends!) * backend) : "–",
              ],
    );
    return [
        ...(backend ? [`An idle backend of the database has ${mebibytes(backend)} of memory for itself.`, ""] : []),
        ...table(["way", "idle clients", "pgbouncer holds", "backends", "connected within", "backends' memory saved"], rows),
    ];
}

const profiledLoad = ({ protocol, rate }: Pick<Profile, "protocol" | "rate">) => (rate === undefined ? protocol : `${protocol}, ${rate}/s`);

function profileTable({ profile = [], ways }: Results, notes: Notes): string[] {
    const ordered = [...profile].sort(
        (a, b) => (a.rate ?? 0) - (b.rate ?? 0) || protocols.indexOf(a.protocol) - protocols.indexOf(b.protocol),
    );
    const columns = distinct(ordered.map(profiledLoad)).flatMap((load) =>
        Object.keys(ways)
            .filter((way) => profile.some((one) => one.way === way))
            .map((way) => ({ load, way, all: profile.filter((one) => one.way === way && profiledLoad(one) === load) })),
    );
    const rows = programs.flatMap((program) =>
        works.map((work) => [
            `${program}: ${work}`,
            ...columns.map(({ all }) => {
                const { median: middle, failed } = summary(all, ({ of }: Profile) => of?.[program][work]);
                return middle === undefined ? notes.mark(failed!) : `${middle.toFixed(0)}${notes.number(failed)}`;
            }),
        ]),
    );
    return table(["CPU µs of a SELECT", ...columns.map(({ load, way }) => `${way}: ${load}`)], rows);
}

/** All tables, as Markdown. */
export function tables(results: Results): string {
    const { machine, seconds, rounds, ways, at, minutes } = results;
    const part = (measured: unknown[], title: string, lines: (notes: Notes) => string[]) => {
        if (measured.length === 0) return [];
        const notes = new Notes();
        return [`### ${title}`, "", ...lines(notes), ...notes.lines];
    };
    return [
        `Measured ${at.slice(0, 16).replace("T", " ")} UTC in ${minutes} min on ${machineLine(machine)}.`,
        `Each figure is the median of ${rounds} × ${seconds} s, ± half the range. A number in brackets is an error below the table, of one round or of all. pgbench, the pooler and the database share the cores.`,
        "",
        ...table(["way", "what it is"], Object.entries(ways)),
        ...part(results.throughput, "Throughput", (notes) => [
            ...throughputTable(results, notes),
            ...cpuTable(results),
            ...backendsTable(results),
        ]),
        ...part(results.latency, "Latency at a fixed rate", (notes) => latencyTable(results, notes)),
        ...part(results.connections, "New connections", (notes) => connectionsTable(results, notes)),
        ...part(results.memory.idle, "Idle clients", () => memoryTable(results)),
        ...part(results.profile ?? [], "What CPU time is spent on", (notes) => profileTable(results, notes)),
    ]
        .join("\n")
        .trimEnd();
}
