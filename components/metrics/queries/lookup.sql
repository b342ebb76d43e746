SELECT (EXISTS (SELECT FROM pg_roles
                 WHERE rolname = {{lookup}} AND rolcanlogin AND coalesce(rolvaliduntil > now(), true)
                   AND has_function_privilege(oid, to_regprocedure({{function}}), 'EXECUTE')))::int AS works,
       extract(epoch FROM now()) - {{since}} AS password_age_seconds
