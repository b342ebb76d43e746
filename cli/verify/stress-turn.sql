SELECT pg_sleep(0.1), clock_timestamp() > :'deadline' AS over \gset
\echo query
\if :over
\echo finished
\quit
\endif
