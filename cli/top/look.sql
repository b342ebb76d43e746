WITH client AS (
    SELECT *, coalesce(client_addr IN ({{poolers}}), false) AS pooled
      FROM pg_stat_activity
     WHERE {{clients}} AND pid <> pg_backend_pid()
), opened AS (
    SELECT pid, usename AS user, datname AS database, application_name AS application, state, pooled,
           round(extract(epoch FROM clock_timestamp() - xact_start))::int AS seconds,
           left(regexp_replace(query, '\s+', ' ', 'g'), 400) AS query
      FROM client
     WHERE xact_start IS NOT NULL AND usename IS NOT NULL -- PostgreSQL 18 has a transaction of a session that logs in, too
     ORDER BY xact_start
     LIMIT 20
), client_address AS (
    SELECT CASE WHEN backend_type IS NULL THEN 'hidden' ELSE coalesce(host(client_addr), 'socket') END AS address, count(*)::int AS count
      FROM client
     WHERE NOT pooled
     GROUP BY 1
     ORDER BY 2 DESC
     LIMIT 5
)
SELECT json_build_object(
           'seesAll', pg_has_role('pg_read_all_stats', 'USAGE'),
           'maxConnections', current_setting('max_connections')::int,
           'reserved', current_setting('superuser_reserved_connections')::int + coalesce(current_setting('reserved_connections', true), '0')::int,
           'used', (SELECT count(*) FROM client),
           'pooled', (SELECT count(*) FROM client WHERE pooled),
           'transactions', coalesce((SELECT json_agg(opened) FROM opened), '[]'),
           'direct', coalesce((SELECT json_agg(client_address) FROM client_address), '[]'))
