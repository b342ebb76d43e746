package postgresql

import (
	"context"
	"database/sql"
)

// withRolesGranted runs work as a member of the roles, as the official provider does for a login that is not a superuser: whoever
// owns an object may change who else uses it. What was granted for it is revoked in the same transaction. A superuser's role
// can't be granted, and a superuser needs none of it.
func withRolesGranted(ctx context.Context, tx *sql.Tx, roles []string, work func() error) error {
	var user string
	var superuser bool
	query := "SELECT rolname, rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user"
	if err := tx.QueryRowContext(ctx, query).Scan(&user, &superuser); err != nil {
		return err
	}
	var granted []string
	for _, role := range roles {
		needed, err := needsGrant(ctx, tx, role, user, superuser)
		if err != nil {
			return err
		}
		if needed {
			if err := exec(ctx, tx, "GRANT "+ident(role)+" TO "+ident(user)); err != nil {
				return err
			}
			granted = append(granted, role)
		}
	}
	if err := work(); err != nil {
		return err
	}
	for _, role := range granted {
		if err := exec(ctx, tx, "REVOKE "+ident(role)+" FROM "+ident(user)); err != nil {
			return err
		}
	}
	return nil
}

// needsGrant says whether user has to become a member of role. As upstream, a membership without SET, which PostgreSQL 16 gives to
// whoever creates a role, does not count.
func needsGrant(ctx context.Context, tx *sql.Tx, role, user string, superuser bool) (bool, error) {
	if superuser || role == user {
		return false, nil
	}
	if above, err := exists(ctx, tx, "SELECT FROM pg_catalog.pg_roles WHERE rolname = $1 AND rolsuper", role); above || err != nil {
		return false, err
	}
	option, err := exists(ctx, tx, `SELECT FROM pg_catalog.pg_attribute
		WHERE attrelid = 'pg_catalog.pg_auth_members'::regclass AND attname = 'set_option'`)
	if err != nil {
		return false, err
	}
	query := `SELECT FROM pg_catalog.pg_auth_members
		WHERE pg_get_userbyid(roleid) = $1 AND pg_get_userbyid(member) = $2`
	if option {
		query += " AND set_option"
	}
	member, err := exists(ctx, tx, query, role, user)
	return !member, err
}

// owners lists the roles that own the schema and its tables, as upstream looks them up before it grants on anything in a schema.
func (g grant) owners(ctx context.Context, tx *sql.Tx) ([]string, error) {
	if g.kind == "database" {
		return nil, nil
	}
	query := `SELECT DISTINCT CASE pg_get_userbyid(owner)
			WHEN 'pg_database_owner' THEN (SELECT pg_get_userbyid(datdba) FROM pg_catalog.pg_database WHERE datname = current_database())
			ELSE pg_get_userbyid(owner) END::text
		FROM (SELECT nspowner AS owner FROM pg_catalog.pg_namespace WHERE nspname = $1
			UNION SELECT relowner FROM pg_catalog.pg_class JOIN pg_catalog.pg_namespace n ON n.oid = relnamespace
				WHERE nspname = $1 AND relkind IN ('r', 'p') AND $2 <> 'schema') owners`
	rows, err := tx.QueryContext(ctx, query, g.schema, g.kind)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var owners []string
	for rows.Next() {
		var owner string
		if err := rows.Scan(&owner); err != nil {
			return nil, err
		}
		owners = append(owners, owner)
	}
	return owners, rows.Err()
}
