import { run } from "../../lab/run";
import { makeAuthority, makeCertificate } from "../../components/pgbouncer/certificate";
import { removeConfig, setConfig, Sidecar, sidecar, up } from "../e2e/support/stack";
import { TlsServer } from "../../lab/tlsserver";
import { direct } from "../e2e/support/database";
import { Arguments, numberOption, Proof, Result } from "./proof";

/** The modes of both legs, in the order of a round. */
const legs = [
    { name: "neither leg", server: "disable", client: "disable" },
    { name: "to the database", server: "require", client: "disable" },
    { name: "to clients", server: "disable", client: "require" },
    { name: "both legs", server: "require", client: "require" },
] as const;
type Leg = (typeof legs)[number];

/** Connections a second for logins, one at a time, and transactions a second for queries by 15 clients. */
const rates = { logins: 25, queries: 500 };

/** Milliseconds. */
interface Figures {
    /** Of a connection through the pool until it is ready. */
    login: number;
    /** The same directly to the database, as the pooler opens a backend. */
    backend: number;
    /** Of a SELECT by primary key (pgbench -S). */
    p50: number;
    p99: number;
}

/** The value below which this share of the sorted values lies. */
export const quantile = (values: number[], share: number) =>
    [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? NaN;

/** Latencies in milliseconds from a log of pgbench: client, transaction, microseconds, … */
export const latencies = (log: string) =>
    log
        .trim()
        .split("\n")
        .map((line) => Number(line.split(" ")[2]) / 1000);

/** The average connection time that pgbench -C prints, in milliseconds. Throws if a transaction failed. */
export function connectionTime(printed: string): number {
    if (!/number of failed transactions: 0 /.test(printed)) throw new Error(`pgbench: ${printed}`);
    return Number(/average connection time = ([\d.]+) ms/.exec(printed)?.[1] ?? NaN);
}

/** Runs a shell script in a container of the database's image, on its network. */
const bench = ({ lab, images }: Sidecar, script: string, sslmode: string) =>
    run("docker", [
        "run", "--rm", "--network", lab.id, "-e", `PGPASSWORD=${lab.databasePassword}`, "-e", "PGUSER=postgres", "-e", "PGDATABASE=tracksolid_db",
        "-e", `PGSSLMODE=${sslmode}`, "--entrypoint", "/bin/sh", images.timescaledb, "-c", script,
    ]); // prettier-ignore

async function measure(on: Sidecar, { server, client }: Leg, seconds: number): Promise<Figures> {
    const from = new Date().toISOString();
    const logins = (host: string, port: number) => `pgbench -n -C -c 1 -R ${rates.logins} -T ${seconds} -S -h ${host} -p ${port} 2>&1`;
    const login = connectionTime(await bench(on, logins("pgbouncer", 6432), client));
    const backend = connectionTime(await bench(on, logins("timescale_db", 5432), server));
    const queries = `cd /tmp && pgbench -n -S -c 15 -j 2 -R ${rates.queries} -T ${seconds} -h pgbouncer -p 6432 -l > said 2>&1 && cat pgbench_log.*`;
    const all = latencies(await bench(on, queries, client));
    const [count] = await direct<{ plain: number; tls: number }>(
        on,
        `SELECT count(*) FILTER (WHERE NOT ssl)::int AS plain, count(*) FILTER (WHERE ssl)::int AS tls
           FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE query = 'DISCARD ALL' AND backend_start >= '${from}'`,
    );
    if ((server === "require" ? count!.plain : count!.tls) > 0 || count!.plain + count!.tls === 0) {
        throw new Error(`serverTlsSslmode ${server}: ${count!.tls} backends with TLS, ${count!.plain} without`);
    }
    return { login, backend, p50: quantile(all, 0.5), p99: quantile(all, 0.99) };
}

export const tlsProof: Proof = {
    name: "tls",
    proves: "logins and queries work with TLS on either leg, and this is what it costs them",
    options: [numberOption("rounds", "rounds over all modes (3)"), numberOption("seconds", "seconds for each figure (10)")],
    run: async (args: Arguments): Promise<Result> => {
        const [rounds, seconds] = [args.number("rounds", 3), args.number("seconds", 10)];
        const on = await sidecar();
        const seen = new Map<Leg, Figures[]>(legs.map((leg) => [leg, []]));
        const certificate = await makeCertificate(await makeAuthority("the proof's database"), "timescale_db");
        const server = await TlsServer.begin(on.lab, certificate, { tlsOnly: false });
        const tables = (steps: string) => bench(on, `pgbench -q -i -I ${steps} -s 1 -h timescale_db 2>&1`, "prefer");
        try {
            await tables("dtgvp");
            for (let round = 0; round < rounds; round++) {
                for (const leg of legs) {
                    await setConfig(on, "serverTlsSslmode", leg.server);
                    await setConfig(on, "clientTlsSslmode", leg.client);
                    await up(on);
                    await new Promise((resolve) => setTimeout(resolve, 5000)); // a pgAdmin that has just started is still busy
                    const figures = await measure(on, leg, seconds);
                    seen.get(leg)!.push(figures);
                    console.log(`${leg.name}: ${JSON.stringify(figures)}`);
                }
            }
        } finally {
            await tables("d");
            await removeConfig(on, "serverTlsSslmode");
            await removeConfig(on, "clientTlsSslmode");
            await server.end();
            await up(on);
        }
        return {
            passed: true,
            partial: rounds < 3 || seconds < 10,
            summary:
                `The least of ${rounds} rounds of ${seconds} s for each figure, since whatever else runs only adds to it. Logins: pgbench -C at ${rates.logins} a second, one at a time. ` +
                `Queries: pgbench -S at ${rates.queries} a second, 15 clients, strict pooling. Modes are disable and require.`,
            head: ["TLS", "login through the pool", "a new backend", "query, p50", "query, p99"],
            rows: [...seen].map(([{ name }, all]) => [
                name,
                ...(["login", "backend", "p50", "p99"] as const).map((key) => `${Math.min(...all.map((one) => one[key])).toFixed(2)} ms`), // prettier-ignore
            ]),
        };
    },
};
