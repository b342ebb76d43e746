-- pgbouncer's auth_query: the SCRAM verifier of the role that is logging in. Made by stack {{owner}}.
-- Every name and operator is qualified, so that no search_path can put another in its place.
-- It answers sessions of {{role}} and {{other}} alone (a rotation goes from one to the other), so the moment between
-- CREATE and REVOKE opens nothing.
-- An expired password gives NULL (CVE-2025-2291): the login fails, as it does without the pooler.
SELECT a.rolname::pg_catalog.text,
       CASE WHEN a.rolvaliduntil OPERATOR(pg_catalog.<) pg_catalog.now() THEN NULL ELSE a.rolpassword END
  FROM pg_catalog.pg_authid AS a
 WHERE a.rolname::pg_catalog.text OPERATOR(pg_catalog.=) in_user
   AND a.rolcanlogin
   AND (session_user OPERATOR(pg_catalog.=) '{{role}}'::pg_catalog.name
        OR session_user OPERATOR(pg_catalog.=) '{{other}}'::pg_catalog.name)
