-- What the lookup role is, and which tables it has here: by any grant of its own, in any schema, or to read, as every role can.
SELECT json_build_object(
           'attributes', array_remove(ARRAY[CASE WHEN NOT rolcanlogin THEN 'NOLOGIN' END, CASE WHEN rolinherit THEN 'INHERIT' END,
               CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN rolcreatedb THEN 'CREATEDB' END, CASE WHEN rolcreaterole THEN 'CREATEROLE' END,
               CASE WHEN rolreplication THEN 'REPLICATION' END, CASE WHEN rolbypassrls THEN 'BYPASSRLS' END], NULL),
           'connectionLimit', rolconnlimit,
           'memberOf', ARRAY(SELECT pg_get_userbyid(roleid)::text FROM pg_auth_members WHERE member = r.oid ORDER BY 1),
           'readable', ARRAY(
               SELECT json_build_object('table', c.oid::regclass::text, 'own', own.granted, 'extension', EXISTS (
                          SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e'))
                 FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
                CROSS JOIN LATERAL (SELECT c.relowner = r.oid OR EXISTS (
                          SELECT FROM aclexplode(c.relacl) acl WHERE acl.grantee = r.oid) OR EXISTS (
                          SELECT FROM pg_attribute a, aclexplode(a.attacl) acl WHERE a.attrelid = c.oid AND acl.grantee = r.oid) AS granted) own
                WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND (own.granted OR nspname <> 'information_schema' AND nspname !~ '^pg_'
                  AND has_schema_privilege(r.oid, n.oid, 'USAGE') AND has_any_column_privilege(r.oid, c.oid, 'SELECT'))
                ORDER BY c.oid::regclass::text))
  FROM pg_roles r WHERE rolname = {{role}}
