SELECT (EXISTS (SELECT FROM pg_roles AS role, pg_proc AS lookup JOIN pg_namespace AS space ON space.oid = pronamespace
                 WHERE rolname = {{lookup}} AND rolcanlogin AND coalesce(rolvaliduntil > now(), true)
                   AND nspname || '.' || proname = {{function}} AND pronargs = 1 AND proargtypes[0] = 'text'::regtype
                   AND has_schema_privilege(role.oid, space.oid, 'USAGE')
                   AND has_function_privilege(role.oid, lookup.oid, 'EXECUTE')))::int AS works,
       extract(epoch FROM now()) - {{since}} AS password_age_seconds
