package postgresql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/lib/pq"
)

func createRole(ctx context.Context, s *server, d *schema.ResourceData) error {
	name := d.Get("name").(string)
	err := s.change(ctx, "", func(tx *sql.Tx) error {
		options := append(roleOptions(d, func(string) bool { return true }), passwordOption(d)...)
		statement := "CREATE ROLE " + ident(name) + " WITH " + strings.Join(options, " ")
		if err := exec(ctx, tx, statement); err != nil {
			return err
		}
		return applyAround(ctx, tx, d, name)
	})
	if err != nil {
		return err
	}
	d.SetId(name)
	return readRole(ctx, s, d)
}

func updateRole(ctx context.Context, s *server, d *schema.ResourceData) error {
	name := d.Get("name").(string)
	if name == "" {
		return errors.New("a role cannot be renamed to nothing")
	}
	err := s.change(ctx, "", func(tx *sql.Tx) error {
		if d.HasChange("name") {
			old, _ := d.GetChange("name")
			if err := exec(ctx, tx, "ALTER ROLE "+ident(old.(string))+" RENAME TO "+ident(name)); err != nil {
				return err
			}
		}
		options := roleOptions(d, func(attr string) bool { return d.HasChange(attr) })
		if passwordChanged(d) {
			options = append(options, passwordOption(d)...)
		}
		if len(options) > 0 {
			if err := exec(ctx, tx, "ALTER ROLE "+ident(name)+" WITH "+strings.Join(options, " ")); err != nil {
				return err
			}
		}
		return applyAround(ctx, tx, d, name)
	})
	if err != nil {
		return err
	}
	d.SetId(name)
	return readRole(ctx, s, d)
}

func deleteRole(ctx context.Context, s *server, d *schema.ResourceData) error {
	role := d.Get("name").(string)
	name := ident(role)
	return s.change(ctx, "", func(tx *sql.Tx) error {
		if !d.Get("skip_reassign_owned").(bool) {
			err := withRolesGranted(ctx, tx, []string{role}, func() error {
				// Objects survive under the connected user; what is left to drop is privileges.
				return exec(ctx, tx, "REASSIGN OWNED BY "+name+" TO "+ident(s.databaseUser()), "DROP OWNED BY "+name)
			})
			if err != nil {
				return err
			}
		}
		if d.Get("skip_drop_role").(bool) {
			return nil
		}
		return exec(ctx, tx, "DROP ROLE "+name)
	})
}

// roleOptions are the words of CREATE or ALTER ROLE for the attributes wanted.
func roleOptions(d *schema.ResourceData, wanted func(attr string) bool) []string {
	var options []string
	for _, flag := range roleFlags {
		if wanted(flag.attr) {
			word := flag.word
			if !d.Get(flag.attr).(bool) {
				word = "NO" + word
			}
			options = append(options, word)
		}
	}
	if wanted("connection_limit") {
		options = append(options, fmt.Sprintf("CONNECTION LIMIT %d", d.Get("connection_limit").(int)))
	}
	// As upstream, an empty date changes nothing: "infinity" takes an expiry away.
	if until := d.Get("valid_until").(string); wanted("valid_until") && until != "" {
		options = append(options, "VALID UNTIL "+pq.QuoteLiteral(until))
	}
	return options
}

// applyAround sets what is not an option of the role itself: memberships and settings.
func applyAround(ctx context.Context, tx *sql.Tx, d *schema.ResourceData, name string) error {
	statements, err := membershipChanges(ctx, tx, d, name)
	if err != nil {
		return err
	}
	more, err := settingChanges(d, name)
	if err != nil {
		return err
	}
	return exec(ctx, tx, append(statements, more...)...)
}

// membershipChanges compares with the server, not the state: others may grant roles too.
func membershipChanges(ctx context.Context, tx *sql.Tx, d *schema.ResourceData, name string) ([]string, error) {
	var held pq.StringArray
	query := "SELECT " + memberships + " FROM pg_catalog.pg_roles r WHERE rolname = $1"
	if err := tx.QueryRowContext(ctx, query, name).Scan(&held); err != nil {
		return nil, err
	}
	wanted := texts(d.Get("roles"))
	var statements []string
	for _, role := range held {
		if !slices.Contains(wanted, role) {
			statements = append(statements, "REVOKE "+ident(role)+" FROM "+ident(name))
		}
	}
	for _, role := range wanted {
		if !slices.Contains(held, role) {
			statements = append(statements, "GRANT "+ident(role)+" TO "+ident(name))
		}
	}
	return statements, nil
}

// settingChanges are the role's own session defaults (pg_roles.rolconfig).
func settingChanges(d *schema.ResourceData, name string) ([]string, error) {
	set := func(setting, value string) string {
		if value == "" {
			return "ALTER ROLE " + ident(name) + " RESET " + setting
		}
		return "ALTER ROLE " + ident(name) + " SET " + setting + " TO " + value
	}
	path := texts(d.Get("search_path"))
	for _, element := range path {
		if strings.Contains(element, ", ") {
			return nil, fmt.Errorf("search_path: %q holds a comma and a space, which cannot be read back", element)
		}
	}
	var statements []string
	if d.HasChange("search_path") {
		statements = append(statements, set("search_path", each(path, ident)))
	}
	for _, timeout := range []string{"statement_timeout", "idle_in_transaction_session_timeout"} {
		if d.HasChange(timeout) {
			value := ""
			if ms := d.Get(timeout).(int); ms > 0 {
				value = fmt.Sprint(ms)
			}
			statements = append(statements, set(timeout, value))
		}
	}
	if d.HasChange("assume_role") {
		value := ""
		if role := d.Get("assume_role").(string); role != "" {
			value = ident(role)
		}
		statements = append(statements, set("role", value))
	}
	return statements, nil
}
