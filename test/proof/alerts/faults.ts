import { run } from "../../../lab/run";
import { Clients } from "../../e2e/support/clients";
import { direct } from "../../e2e/support/database";
import { containers, Outputs, removeConfig, setConfig, Sidecar, up } from "../../e2e/support/stack";
import { endingCertificate } from "./certificate";

/** What a fault has to work with. */
export interface Scene {
    on: Sidecar;
    clients: Clients;
    out: Outputs;
}

export interface Fault {
    /** What is done. */
    what: string;
    /** The alerts that it fires, with the seconds within which each has to: its `for`, and some scrapes. */
    fires: Record<string, number>;
    /** Makes it and returns what takes it back. */
    make: (scene: Scene) => Promise<() => Promise<unknown>>;
}

const pooled = "psql -h pgbouncer -p 6432 -U postgres -d tracksolid_db -AtqX";

/** Opens more transactions than a pool has backends, those of the reserve included: the last ones wait, and three clients with them. */
const holding = `
for i in $(seq 20); do ${pooled} -c 'BEGIN' -c 'SELECT pg_sleep(600)' & done
sleep 2
for i in 1 2 3; do while :; do ${pooled} -c 'SELECT 1'; done & done
wait`;

const inPool = "client_addr IN (SELECT client_addr FROM pg_stat_activity WHERE usename LIKE 'pgbouncer%')";

export const faults: Fault[] = [
    {
        what: "the pooler's processes are frozen",
        fires: { PoolerDown: 45 },
        make: async () => {
            const poolers = await containers("pgbouncer");
            await run("docker", ["pause", ...poolers]);
            return () => run("docker", ["unpause", ...poolers]);
        },
    },
    {
        what: "16 transactions are left open, and clients wait",
        fires: { PoolWaitLong: 40, PoolClientsWait: 90, PoolNearlyFull: 330 },
        make: async ({ on, clients }) => {
            await clients.start(on.images.pgbouncer, ["/bin/sh", "-c", holding], {});
            return async () => {
                await clients.removeAll();
                await direct(
                    on,
                    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(600)%' AND ${inPool}`,
                );
            };
        },
    },
    {
        what: "direct clients take all but eight connections",
        fires: { DirectConnectionsNearlyOut: 90 },
        make: async ({ on, clients }) => {
            const [left] = await direct<{ left: number }>(
                on,
                `SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int - count(*)::int AS left
                   FROM pg_stat_activity WHERE backend_type = 'client backend'`,
            );
            const count = left!.left - 8;
            const script = `for i in $(seq ${count}); do psql -h timescale_db -U postgres -d tracksolid_db -c 'SELECT pg_sleep(600)' & done; wait`;
            await clients.start(on.images.pgbouncer, ["/bin/sh", "-c", script], {});
            return async () => {
                await clients.removeAll();
                await direct(on, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'");
            };
        },
    },
    {
        what: "the lookup role loses EXECUTE on its function",
        fires: { LookupsFail: 90 },
        make: async ({ on }) => {
            await direct(on, "REVOKE EXECUTE ON FUNCTION public.user_lookup(text) FROM pgbouncer");
            return () => up(on, "--refresh");
        },
    },
    {
        what: "the pooler has a certificate that ends in ten days",
        fires: { CertificateEnds: 90 },
        make: async ({ on }) => {
            const { cert, key, ca } = await endingCertificate("pgbouncer", 10);
            await setConfig(on, "clientTlsSslmode", "prefer");
            await setConfig(on, "clientTlsCert", cert);
            await setConfig(on, "clientTlsCa", ca);
            await setConfig(on, "clientTlsKey", key, "--secret");
            await up(on);
            return async () => {
                for (const name of ["clientTlsSslmode", "clientTlsCert", "clientTlsCa", "clientTlsKey"]) await removeConfig(on, name);
                await up(on);
            };
        },
    },
    {
        what: "a client leaves an advisory lock in a backend of a fast pool",
        fires: { PoolLeaks: 150 },
        make: async ({ on, out }) => {
            await run("docker", ["exec", "-e", `PGPASSWORD=${on.lab.databasePassword}`, out.pgbouncerContainer, ...pooled.split(" "), "-c", "SELECT pg_advisory_lock(15)"]); // prettier-ignore
            return () => direct(on, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = 15");
        },
    },
    {
        what: "the database's exporter is stopped",
        fires: { DatabaseMetricsMissing: 150 },
        make: async () => {
            const [name] = (await containers("metrics-database")) as [string];
            await run("docker", ["stop", "-t", "1", name]);
            return () => run("docker", ["start", name]);
        },
    },
];

/** A second pooler that stays takes 25 minutes to fire, so it runs beside the others: another container holds a lookup role's backend. */
export const secondPooler: Fault = {
    what: "a second container holds a backend as the lookup role",
    fires: { SecondPoolerStays: 1560 },
    make: async ({ on, out }) => {
        const userlist = await run("docker", ["exec", out.pgbouncerContainer, "sh", "-c", "cat /etc/pg-sidecar/settings/*/userlist.txt"]);
        const [, user, , password] = userlist.split('"');
        const held = new Clients(on); // `clients` are removed by the other faults
        await held.start(on.images.pgbouncer, ["psql", "-h", "timescale_db", "-U", user!, "-d", "tracksolid_db", "-c", "SELECT pg_sleep(3600)"], { PGPASSWORD: password! }); // prettier-ignore
        return async () => {
            await held.removeAll();
            // The backend does not notice that its client is gone.
            await direct(on, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(3600)'");
        };
    },
};
