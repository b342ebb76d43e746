SELECT json_build_object(
           'maxConnections', current_setting('max_connections')::int,
           'reserved', current_setting('superuser_reserved_connections')::int + coalesce(current_setting('reserved_connections', true), '0')::int,
           'used', count(*),
           'pooled', count(*) FILTER (WHERE {{pooled}}))
  FROM pg_stat_activity
 -- Without pg_read_all_stats, the sessions of other roles show little more than their database.
 WHERE backend_type = 'client backend' OR (backend_type IS NULL AND datid IS NOT NULL AND usesysid IS NOT NULL)
