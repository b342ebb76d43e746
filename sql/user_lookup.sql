-- pgbouncer's auth_query: the SCRAM verifier of the role that is logging in. Made by stack {{owner}}.
-- Every name and operator is qualified, so that no search_path can put another in its place.
-- It answers only sessions of a role that was granted EXECUTE by name. PUBLIC and the function's owner get nothing, so the moment
-- between CREATE and REVOKE opens nothing, and two lookup roles are answered while the pooler changes from one to the other.
-- An expired password gives NULL (CVE-2025-2291): the login fails, as it does without the pooler.
SELECT a.rolname::pg_catalog.text,
       CASE WHEN a.rolvaliduntil OPERATOR(pg_catalog.<) pg_catalog.now() THEN NULL ELSE a.rolpassword END
  FROM pg_catalog.pg_authid AS a
 WHERE a.rolname::pg_catalog.text OPERATOR(pg_catalog.=) in_user
   AND a.rolcanlogin
   AND NOT (a.rolsuper OR a.rolreplication) -- only if poolSuperusers is false
   AND EXISTS (
       SELECT FROM pg_catalog.pg_proc AS p
         CROSS JOIN LATERAL pg_catalog.aclexplode(p.proacl) AS granted
         JOIN pg_catalog.pg_authid AS asking ON asking.oid OPERATOR(pg_catalog.=) granted.grantee
        WHERE p.oid OPERATOR(pg_catalog.=) pg_catalog.to_regprocedure('{{function}}(pg_catalog.text)')::pg_catalog.oid
          AND granted.privilege_type OPERATOR(pg_catalog.=) 'EXECUTE'
          AND granted.grantee OPERATOR(pg_catalog.<>) p.proowner
          AND asking.rolname OPERATOR(pg_catalog.=) session_user)
