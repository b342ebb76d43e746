WITH idle AS (
    SELECT pid, usename, datname, application_name, query
      FROM pg_stat_activity
     WHERE state = 'idle' AND client_addr IN ({{poolers}}) AND client_addr IS DISTINCT FROM {{shared}} AND usename <> ALL ({{roles}})
       AND {{settled}}
), left_behind AS (
    SELECT 'advisory lock' AS kind, usename, datname, application_name
      FROM pg_locks JOIN idle USING (pid)
     WHERE locktype = 'advisory' AND granted
    UNION ALL
    SELECT 'temporary table', usename, datname, application_name
      FROM pg_class
      JOIN pg_namespace AS space ON space.oid = relnamespace AND nspname LIKE 'pg\_temp\_%'
      JOIN pg_stat_get_backend_idset() AS backend ON nspname = 'pg_temp_' || backend
      JOIN idle ON pid = pg_stat_get_backend_pid(backend) AND datname = current_database()
     WHERE relkind = 'r' AND current_setting('server_version_num')::int >= 160000
    UNION ALL
    SELECT 'session setting', usename, datname, application_name
      FROM idle
     WHERE query ~* '^\s*set\s' AND query !~* '^\s*set\s+(local|transaction|constraints|(session\s+)?(application_name|client_encoding|names|datestyle|intervalstyle|timezone|time\s+zone|standard_conforming_strings))\M'
       AND query NOT LIKE 'SET exit\_on\_error = on; CLOSE ALL; %' -- an enforced reset
    UNION ALL
    SELECT 'listen', usename, datname, application_name
      FROM idle
     WHERE query ~* '^\s*listen\s'
)
SELECT kind, usename AS user, datname AS database, application_name AS application, count(*) AS count
  FROM left_behind
 GROUP BY 1, 2, 3, 4
