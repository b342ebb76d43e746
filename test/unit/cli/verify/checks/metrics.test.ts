import { judgeScrapes, parseScrape, Scrape } from "../../../../../cli/verify/checks/metrics";
import { seen } from "../seen";

const pooler: Scrape = { name: "metrics-console-1a2b3c4", up: true, series: 90 };
const database: Scrape = { name: "metrics-database-1a2b3c4", up: true, series: 20 };
const judge = (scrapes: Scrape[], processes = 1) =>
    seen(judgeScrapes(scrapes, { deployed: { processes }, upCommand: "pulumi up", dockerCommand: "docker" }));

test("an answer in Prometheus' text format is counted, and what it reaches is read", () => {
    const text =
        '# HELP pgbouncer_up it\n# TYPE pgbouncer_up gauge\npgbouncer_up 1\npgbouncer_pools_client_waiting_connections{database="db"} 0\n';
    expect(parseScrape("metrics-console-1", text)).toEqual({ name: "metrics-console-1", up: true, series: 2 });
    expect(parseScrape("metrics-database-1", 'pg_up{server="timescale_db:5432"} 0\n').up).toBe(false);
    expect(parseScrape("metrics-database-1", "pg_exporter_last_scrape_error 1\npg_up 1\n").up).toBe(false); // a query has failed
    expect(parseScrape("metrics-database-1", "go_goroutines 9\n").up).toBeUndefined();
});

test("exporters that reach the pooler and the database pass", () => {
    for (const scrapes of [
        [pooler, database],
        [database, pooler],
    ])
        expect(judge(scrapes)).toBe("ok: metrics-console-1a2b3c4 has 90 series; metrics-database-1a2b3c4 has 20 series ");
});

test("one that is missing, silent or cut off is named with its fix", () => {
    expect(judge([pooler])).toBe("failed: 1 exporters for 1 processes of the pooler run, and 0 for the database pulumi up --refresh");
    expect(judge([pooler, database], 2)).toMatch(/^failed: 1 exporters for 2 processes/);
    expect(judge([pooler, { ...database, refused: "connection refused" }])).toMatch(
        /metrics-database-1a2b3c4 does not answer: connection refused docker restart metrics-database/,
    );
    expect(judge([pooler, { ...database, up: false }])).toMatch(
        /^failed: metrics-database-1a2b3c4 answers, but not for the database docker logs/,
    );
    expect(judge([{ ...pooler, up: false }, database])).toMatch(/answers, but not for the pooler's console docker logs/);
});
