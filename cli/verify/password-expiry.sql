-- Asks for a role of this transaction's own, before and after its password has expired.
CREATE ROLE {{name}} LOGIN PASSWORD '{{verifier}}' VALID UNTIL 'tomorrow';
SET LOCAL SESSION AUTHORIZATION "{{role}}";
SELECT 'unexpired', coalesce((SELECT phash = '{{verifier}}' FROM {{function}}('{{name}}')), false);
RESET SESSION AUTHORIZATION;
ALTER ROLE {{name}} VALID UNTIL 'yesterday';
SET LOCAL SESSION AUTHORIZATION "{{role}}";
SELECT 'expired', coalesce((SELECT count(phash) = 0 FROM {{function}}('{{name}}')), false);
RESET SESSION AUTHORIZATION;
