SELECT count(*) AS backends,
       {{pooler}} AS limit,
       {{budget}} AS budget,
       {{processes}} AS processes,
       count(DISTINCT client_addr) AS poolers,
       coalesce(extract(epoch FROM max(clock_timestamp() - xact_start)), 0) AS longest_transaction_seconds,
       count(*) FILTER (WHERE state LIKE 'idle in transaction%') AS idle_in_transaction,
       coalesce(extract(epoch FROM max(clock_timestamp() - state_change) FILTER (WHERE state LIKE 'idle in transaction%')), 0)
           AS longest_idle_in_transaction_seconds
  FROM pg_stat_activity
 WHERE client_addr IN ({{poolers}})
