SELECT coalesce(json_agg(one), '[]')
  FROM (SELECT ssl, coalesce(version, '') AS version, coalesce(cipher, '') AS cipher, count(*)::int AS backends
          FROM pg_stat_activity JOIN pg_stat_ssl USING (pid)
         WHERE backend_type = 'client backend' AND {{pooled}}
         GROUP BY 1, 2, 3 ORDER BY 4 DESC) AS one
