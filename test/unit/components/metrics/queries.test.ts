import { load } from "js-yaml";
import { leaksQuery, MetricsQueries, renderQueries, secondsOf } from "../../../../components/metrics/queries";

const stack: MetricsQueries = {
    lookupRoles: ["pgbouncer", "pgbouncer_2"],
    lookupRole: "pgbouncer_2",
    authFunction: "public.user_lookup",
    poolerBackends: 18,
    budget: 36,
    processes: 2,
    strict: true,
    since: 1767323045,
    certificates: { "to clients": 1798848000 },
};

type Rendered = Record<string, { query: string; metrics: Record<string, { usage: string; description: string }>[] }>;
const rendered = (more: Partial<MetricsQueries> = {}) => load(renderQueries({ ...stack, ...more })) as Rendered;

test("every value is put into its place, and casts stay casts", () => {
    const all = rendered();
    expect(all.pg_sidecar_pool!.query).toContain("18 AS limit,");
    expect(all.pg_sidecar_pool!.query).toContain("2 AS processes,");
    expect(all.pg_sidecar_pool!.query).toContain("usename = ANY (ARRAY['pgbouncer', 'pgbouncer_2']::name[])");
    expect(all.pg_sidecar_lookup!.query).toContain("rolname = 'pgbouncer_2'");
    expect(all.pg_sidecar_lookup!.query).toContain("= 'public.user_lookup'");
    expect(all.pg_sidecar_lookup!.query).toContain("- 1767323045 AS password_age_seconds");
    expect(all.pg_sidecar_certificate!.query).toContain("VALUES ('to clients', 1798848000)");
    expect(all.pg_sidecar_connections!.query).toContain("::int AS max");
    for (const { query } of Object.values(all)) expect(query).not.toMatch(/undefined|(?<!:):[a-z]/);
});

test("dates as the state and as a certificate have them are seconds", () => {
    expect(secondsOf("2026-01-02T03:04:05.000Z")).toBe(1767323045);
    expect(secondsOf("Jan  2 00:00:00 2027 GMT")).toBe(1798848000);
});

test("without a certificate there is no query for one", () => {
    expect(rendered({ certificates: {} })).not.toHaveProperty("pg_sidecar_certificate");
});

test("every described column is in its query", () => {
    for (const { query, metrics } of Object.values(rendered())) {
        for (const column of metrics.flatMap((one) => Object.keys(one))) expect(query).toMatch(new RegExp(`\\b${column}\\b`));
    }
});

test("backends of the exporter's own address, which are not the pool's alone, leak nothing; verify asks from the pooler's address", () => {
    expect(rendered().pg_sidecar_leaks!.query).toContain("AND client_addr IS DISTINCT FROM inet_client_addr() AND");
    expect(leaksQuery(["pgbouncer"], true)).toContain("AND client_addr IS DISTINCT FROM NULL AND");
});

test("a strict pool's backend that still waits for its reset leaks nothing; a fast pool's is looked at even while it is busy", () => {
    const settled = "state_change < now() - interval '100 ms'";
    const leaks = (strict: boolean) => [rendered({ strict }).pg_sidecar_leaks!.query, leaksQuery(["pgbouncer"], strict)];
    for (const query of leaks(true)) expect(query).toContain(`AND ${settled}\n`);
    for (const query of leaks(false)) expect(query).not.toContain("state_change");
});
