SELECT json_build_object(
           'superuser', (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),
           'privileged', (SELECT rolsuper OR rolreplication FROM pg_roles WHERE rolname = current_user),
           'roleExists', EXISTS (SELECT FROM pg_roles WHERE rolname = {{role}}),
           'owner', min(pg_get_userbyid(proowner)::text),
           'body', min(prosrc),
           'executors', coalesce(json_agg(DISTINCT CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(grantee) END)
                                 FILTER (WHERE privilege_type = 'EXECUTE'), '[]'))
  FROM pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner)))
 WHERE pg_proc.oid = to_regprocedure({{function}})
