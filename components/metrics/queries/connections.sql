WITH server AS (
    SELECT current_setting('max_connections')::int AS max,
           current_setting('superuser_reserved_connections')::int
               + coalesce(current_setting('reserved_connections', true), '0')::int AS reserved,
           (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS used
)
SELECT max, reserved, used, greatest(max - reserved - used, 0) AS left FROM server
