-- A new connection: the milliseconds from the last answer on the old one to the first on this one, by the server's clock, and the
-- rows inserted so far into the table and its partitions or chunks (NULL without the table).
SELECT clock_timestamp() AS began \gset
\connect -
WITH RECURSIVE family(oid) AS (
    SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = {{schema}} AND relname = {{table}}
    UNION SELECT inhrelid FROM pg_inherits JOIN family ON inhparent = family.oid)
SELECT 'connection', extract(epoch FROM clock_timestamp() - :'began') * 1000, sum(pg_stat_get_tuples_inserted(oid)) FROM family;
