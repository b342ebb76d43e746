package postgresql

import (
	"context"
	"database/sql"
	"errors"

	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
)

// createFunction is a plain CREATE: as upstream, one that exists is an error.
func createFunction(ctx context.Context, s *server, d *schema.ResourceData) error {
	return writeFunction(ctx, s, d, false)
}

func updateFunction(ctx context.Context, s *server, d *schema.ResourceData) error {
	return writeFunction(ctx, s, d, true)
}

func writeFunction(ctx context.Context, s *server, d *schema.ResourceData, replace bool) error {
	database := d.Get("database").(string)
	if database == "" {
		database = s.database
	}
	f := functionFrom(d)
	err := s.change(ctx, database, func(tx *sql.Tx) error { return exec(ctx, tx, f.statement(replace)) })
	if err != nil {
		return err
	}
	if d.Id() == "" {
		d.SetId(functionID(database, f))
	}
	return readFunction(ctx, s, d)
}

func deleteFunction(ctx context.Context, s *server, d *schema.ResourceData) error {
	database, signature, err := functionAt(s, d)
	if err != nil {
		return err
	}
	statement := "DROP FUNCTION IF EXISTS " + signature
	if d.Get("drop_cascade").(bool) {
		statement += " CASCADE"
	}
	return s.change(ctx, database, func(tx *sql.Tx) error { return exec(ctx, tx, statement) })
}

// functionAt reads the id; one without a database means the resource's or the provider's.
func functionAt(s *server, d *schema.ResourceData) (database, signature string, err error) {
	database, signature, err = parseFunctionID(d.Id())
	if database == "" {
		database = d.Get("database").(string)
	}
	if database == "" {
		database = s.database
	}
	return database, signature, err
}

const functionQuery = `
	SELECT p.oid, n.nspname, p.proname, l.lanname, coalesce(pg_get_function_result(p.oid), ''), p.prosrc,
	       p.prosecdef, p.proisstrict,
	       CASE p.provolatile WHEN 'i' THEN 'IMMUTABLE' WHEN 's' THEN 'STABLE' ELSE 'VOLATILE' END,
	       CASE p.proparallel WHEN 's' THEN 'SAFE' WHEN 'r' THEN 'RESTRICTED' ELSE 'UNSAFE' END
	FROM pg_catalog.pg_proc p
	JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
	JOIN pg_catalog.pg_language l ON l.oid = p.prolang
	WHERE p.oid = to_regprocedure($1)`

func readFunction(ctx context.Context, s *server, d *schema.ResourceData) error {
	database, signature, err := functionAt(s, d)
	if err != nil {
		return err
	}
	db, err := s.db(database)
	if err != nil {
		return err
	}
	var f function
	var oid int64
	err = db.QueryRowContext(ctx, functionQuery, signature).Scan(&oid, &f.schema, &f.name, &f.language,
		&f.returns, &f.body, &f.definer, &f.strict, &f.volatility, &f.parallel)
	if errors.Is(err, sql.ErrNoRows) {
		d.SetId("") // dropped behind our back
		return nil
	}
	if err != nil {
		return err
	}
	args, err := readParameters(ctx, db, oid)
	if err != nil {
		return err
	}
	return set(d, map[string]any{
		"database":         database,
		"schema":           f.schema,
		"name":             f.name,
		"language":         f.language,
		"returns":          f.returns,
		"body":             f.body,
		"volatility":       f.volatility,
		"parallel":         f.parallel,
		"strict":           f.strict,
		"security_definer": f.definer,
		"arg":              args,
	})
}

// The columns of RETURNS TABLE are parameters too, of mode t; they are in "returns" already.
const parametersQuery = `
	SELECT CASE coalesce(a.mode, 'i') WHEN 'o' THEN 'OUT' WHEN 'b' THEN 'INOUT' WHEN 'v' THEN 'VARIADIC' ELSE 'IN' END,
	       coalesce(quote_ident(nullif(a.name, '')), ''),
	       format_type(a.kind, NULL),
	       coalesce(pg_get_function_arg_default(p.oid, a.position::int), '')
	FROM pg_catalog.pg_proc p
	CROSS JOIN unnest(coalesce(p.proallargtypes, p.proargtypes::oid[]), p.proargmodes, p.proargnames)
	           WITH ORDINALITY AS a(kind, mode, name, position)
	WHERE p.oid = $1 AND coalesce(a.mode, 'i') <> 't'
	ORDER BY a.position`

func readParameters(ctx context.Context, db querier, oid int64) ([]map[string]any, error) {
	rows, err := db.QueryContext(ctx, parametersQuery, oid)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var args []map[string]any
	for rows.Next() {
		var p parameter
		if err := rows.Scan(&p.mode, &p.name, &p.kind, &p.fallback); err != nil {
			return nil, err
		}
		args = append(args, map[string]any{"mode": p.mode, "name": p.name, "type": p.kind, "default": p.fallback})
	}
	return args, rows.Err()
}
