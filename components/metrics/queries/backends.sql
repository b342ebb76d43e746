SELECT coalesce(host(client_addr), 'socket') AS address,
       CASE WHEN client_addr IN ({{poolers}}) THEN 'pool' ELSE 'direct' END AS way,
       count(*) AS count
  FROM pg_stat_activity
 WHERE backend_type = 'client backend'
 GROUP BY 1, 2
