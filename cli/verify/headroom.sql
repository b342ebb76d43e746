SELECT json_build_object(
           'maxConnections', current_setting('max_connections')::int,
           'reserved', current_setting('superuser_reserved_connections')::int + coalesce(current_setting('reserved_connections', true), '0')::int,
           'used', count(*),
           'pooled', count(*) FILTER (WHERE {{pooled}}))
  FROM pg_stat_activity
 WHERE {{clients}}
