-- Asks with a search_path that begins with traps. Whoever asks has to qualify every name and operator as well.
-- An event trigger of the database's, which may need its own search_path, does not fire for a replica.
SET LOCAL session_replication_role = replica;
CREATE ROLE {{name}} LOGIN PASSWORD '{{verifier}}';
CREATE ROLE {{name}}_old LOGIN PASSWORD '{{verifier}}' VALID UNTIL 'yesterday';
-- The traps: everything equals everything, nothing is before anything, now is long ago, and the catalog lies.
-- (RETURN in place of AS is new in PostgreSQL 14.)
CREATE SCHEMA {{name}};
GRANT USAGE ON SCHEMA {{name}} TO PUBLIC;
CREATE FUNCTION {{name}}.equal(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE OPERATOR {{name}}.= (LEFTARG = text, RIGHTARG = text, FUNCTION = {{name}}.equal);
CREATE FUNCTION {{name}}.equal(name, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE OPERATOR {{name}}.= (LEFTARG = name, RIGHTARG = text, FUNCTION = {{name}}.equal);
CREATE FUNCTION {{name}}.equal(text, name) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE OPERATOR {{name}}.= (LEFTARG = text, RIGHTARG = name, FUNCTION = {{name}}.equal);
CREATE FUNCTION {{name}}.equal(name, name) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE OPERATOR {{name}}.= (LEFTARG = name, RIGHTARG = name, FUNCTION = {{name}}.equal);
CREATE FUNCTION {{name}}.before(timestamptz, timestamptz) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
CREATE OPERATOR {{name}}.< (LEFTARG = timestamptz, RIGHTARG = timestamptz, FUNCTION = {{name}}.before);
CREATE FUNCTION {{name}}.now() RETURNS timestamptz LANGUAGE sql IMMUTABLE AS 'SELECT ''-infinity''::timestamptz';
CREATE TABLE {{name}}.pg_authid AS
    SELECT rolname, rolpassword, rolvaliduntil, rolcanlogin, rolname AS usename, 'trap'::text AS passwd, rolvaliduntil AS valuntil
      FROM pg_catalog.pg_authid WHERE rolname = '{{role}}';
CREATE TABLE {{name}}.pg_shadow AS
    SELECT rolname, rolpassword, rolvaliduntil, rolcanlogin, rolname AS usename, 'trap'::text AS passwd, rolvaliduntil AS valuntil
      FROM pg_catalog.pg_authid WHERE rolname = '{{role}}';
-- The control: the same lookup with nothing qualified.
CREATE FUNCTION {{name}}.unsafe(in_user text, OUT uname text, OUT phash text) LANGUAGE sql STABLE SECURITY DEFINER
    AS 'SELECT rolname, CASE WHEN rolvaliduntil < now() THEN NULL ELSE rolpassword END FROM pg_authid WHERE rolname = in_user';
SET LOCAL search_path = {{name}}, pg_catalog;
SET LOCAL SESSION AUTHORIZATION "{{role}}";
SELECT 'trapWorks', coalesce((SELECT NOT (phash OPERATOR(pg_catalog.=) '{{verifier}}'::pg_catalog.text) FROM {{name}}.unsafe('{{name}}')), false);
SELECT 'live', coalesce((SELECT phash OPERATOR(pg_catalog.=) '{{verifier}}'::pg_catalog.text FROM {{function}}('{{name}}')), false);
SELECT 'expired', coalesce((SELECT pg_catalog.count(phash) OPERATOR(pg_catalog.=) 0::pg_catalog.int8 FROM {{function}}('{{name}}_old')), false);
SELECT 'unknown', coalesce((SELECT pg_catalog.count(phash) OPERATOR(pg_catalog.=) 0::pg_catalog.int8 FROM {{function}}('{{name}}_nobody')), false);
