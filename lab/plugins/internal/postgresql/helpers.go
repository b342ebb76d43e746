package postgresql

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-sdk/v2/diag"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/lib/pq"
)

// notInLab is the answer to everything the official plugin does and this one does not.
func notInLab(what string) error {
	return fmt.Errorf("%s: not in the lab's postgresql plugin (the official one has it)", what)
}

type crud = func(context.Context, *schema.ResourceData, any) diag.Diagnostics

// with turns a plain function into what the SDK calls; doing names the attempt in errors.
func with(doing string, f func(context.Context, *server, *schema.ResourceData) error) crud {
	return func(ctx context.Context, d *schema.ResourceData, meta any) diag.Diagnostics {
		if err := f(ctx, meta.(*server), d); err != nil {
			return diag.FromErr(fmt.Errorf("%s: %w", doing, err))
		}
		return nil
	}
}

// exec runs statements in order, up to the first that fails.
func exec(ctx context.Context, tx *sql.Tx, statements ...string) error {
	for _, s := range statements {
		if _, err := tx.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// set stores several attributes, up to the first that does not fit its type.
func set(d *schema.ResourceData, values map[string]any) error {
	for name, value := range values {
		if err := d.Set(name, value); err != nil {
			return err
		}
	}
	return nil
}

// ident quotes a name.
func ident(name string) string { return pq.QuoteIdentifier(name) }

// qualified quotes a name within its schema.
func qualified(schemaName, name string) string { return ident(schemaName) + "." + ident(name) }

// sameText says that equal texts are no difference: it covers values still to be computed.
func sameText(_, old, new string, _ *schema.ResourceData) bool { return old == new }

// texts is a set's or list's content as strings.
func texts(value any) []string {
	items, isList := value.([]any)
	if s, isSet := value.(*schema.Set); isSet {
		items, isList = s.List(), true
	}
	if !isList {
		return nil
	}
	out := make([]string, 0, len(items))
	for _, item := range items {
		text, _ := item.(string) // an empty list element arrives as nil
		out = append(out, text)
	}
	return out
}

// textSet is the reverse of texts, for comparing.
func textSet(items []string) *schema.Set {
	s := schema.NewSet(schema.HashString, nil)
	for _, item := range items {
		s.Add(item)
	}
	return s
}

// each applies f to every item and joins the results, for SQL lists.
func each(items []string, f func(string) string) string {
	out := make([]string, len(items))
	for i, item := range items {
		out[i] = f(item)
	}
	return strings.Join(out, ", ")
}

// exists says whether a query finds a row.
func exists(ctx context.Context, db querier, query string, args ...any) (bool, error) {
	var found bool
	err := db.QueryRowContext(ctx, "SELECT EXISTS ("+query+")", args...).Scan(&found)
	return found, err
}
