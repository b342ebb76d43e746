package postgresql

import (
	"context"
	"database/sql"
	"strings"

	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/lib/pq"
)

// applyGrant revokes and grants in one transaction, so that nobody sees the moment between.
func applyGrant(ctx context.Context, s *server, d *schema.ResourceData) error {
	now := grantFrom(d.Get)
	before := grantFrom(func(name string) any { old, _ := d.GetChange(name); return old })
	if d.IsNewResource() || d.Id() == "" {
		before = now
	}
	if d.Get("columns").(*schema.Set).Len() > 0 {
		return notInLab("columns")
	}
	db, err := s.db(now.database)
	if err != nil {
		return err
	}
	major, err := s.major(ctx, db)
	if err != nil {
		return err
	}
	if err := now.check(major); err != nil {
		return err
	}
	statements := []string{before.revokeSQL()}
	if grant := now.grantSQL(); grant != "" {
		statements = append(statements, grant)
	}
	err = s.change(ctx, now.database, func(tx *sql.Tx) error { return now.asOwner(ctx, tx, statements...) })
	if err != nil {
		return err
	}
	d.SetId(now.id())
	return compareGrant(ctx, db, d, now, major)
}

func deleteGrant(ctx context.Context, s *server, d *schema.ResourceData) error {
	g := grantFrom(d.Get)
	return s.change(ctx, g.database, func(tx *sql.Tx) error { return g.asOwner(ctx, tx, g.revokeSQL()) })
}

// asOwner runs statements as a member of the roles that own what they are about.
func (g grant) asOwner(ctx context.Context, tx *sql.Tx, statements ...string) error {
	owners, err := g.owners(ctx, tx)
	if err != nil {
		return err
	}
	return withRolesGranted(ctx, tx, owners, func() error { return exec(ctx, tx, statements...) })
}

func readGrant(ctx context.Context, s *server, d *schema.ResourceData) error {
	g := grantFrom(d.Get)
	there, err := partiesExist(ctx, s, g)
	if err != nil {
		return err
	}
	if !there {
		d.SetId("") // dropped behind our back, the grant with it
		return nil
	}
	db, err := s.db(g.database)
	if err != nil {
		return err
	}
	major, err := s.major(ctx, db)
	if err != nil {
		return err
	}
	d.SetId(g.id())
	return compareGrant(ctx, db, d, g, major)
}

// partiesExist says whether the database, the role and the schema are still there.
func partiesExist(ctx context.Context, s *server, g grant) (bool, error) {
	db, err := s.db("")
	if err != nil {
		return false, err
	}
	found, err := exists(ctx, db, "SELECT FROM pg_catalog.pg_database WHERE datname = $1", g.database)
	if err != nil || !found {
		return false, err
	}
	found, err = exists(ctx, db, "SELECT FROM pg_catalog.pg_roles WHERE rolname = $1 UNION ALL SELECT WHERE $1 = 'public'", g.role)
	if err != nil || !found {
		return false, err
	}
	if g.kind == "database" {
		return true, nil
	}
	if db, err = s.db(g.database); err != nil {
		return false, err
	}
	return exists(ctx, db, "SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1", g.schema)
}

// compareGrant stores what the role has where that is not what is wanted: the
// next diff then shows it. One object that differs is enough.
func compareGrant(ctx context.Context, db querier, d *schema.ResourceData, g grant, major int) error {
	query, args := g.heldQuery()
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	named := textSet(g.objects)
	for rows.Next() {
		var object string
		var held pq.StringArray
		if err := rows.Scan(&object, &held); err != nil {
			return err
		}
		// As upstream, a function given with its argument types matches no
		// name here, so a change made to its privileges by hand is not seen.
		if named.Len() > 0 && !named.Contains(object) {
			continue
		}
		if !g.satisfiedBy(held, major) {
			return d.Set("privileges", textSet(held))
		}
	}
	return rows.Err()
}

// heldQuery lists object names and the role's privileges on each. An object
// whose privileges were never changed has an empty list: the server's
// defaults (EXECUTE for PUBLIC, say) don't show, as they don't upstream.
func (g grant) heldQuery() (string, []any) {
	const held = `SELECT DISTINCT privilege_type FROM aclexplode(%acl) x
		WHERE x.grantee = CASE $1 WHEN 'public' THEN 0 ELSE (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = $1) END`
	list := func(acl string) string { return "ARRAY(" + strings.Replace(held, "%acl", acl, 1) + ")" }
	switch g.kind {
	case "database":
		return "SELECT datname, " + list("datacl") + " FROM pg_catalog.pg_database WHERE datname = $2",
			[]any{g.role, g.database}
	case "schema":
		return "SELECT nspname, " + list("nspacl") + " FROM pg_catalog.pg_namespace WHERE nspname = $2",
			[]any{g.role, g.schema}
	case "table", "sequence":
		relkind := map[string]string{"table": "r", "sequence": "S"}[g.kind]
		return "SELECT relname, " + list("relacl") + ` FROM pg_catalog.pg_class
			WHERE relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = $2) AND relkind::text = $3`,
			[]any{g.role, g.schema, relkind}
	default:
		// Functions of one name count as one, with the privileges of them all.
		return `SELECT proname, ARRAY(SELECT DISTINCT privilege_type FROM pg_catalog.pg_proc q, aclexplode(q.proacl) x
				WHERE q.proname = p.proname AND q.pronamespace = p.pronamespace AND x.grantee =
				CASE $1 WHEN 'public' THEN 0 ELSE (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = $1) END)
			FROM (SELECT DISTINCT proname, pronamespace FROM pg_catalog.pg_proc
				WHERE pronamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = $2)) p`,
			[]any{g.role, g.schema}
	}
}
