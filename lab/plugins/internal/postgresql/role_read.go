package postgresql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/lib/pq"
)

// memberships lists the roles that r is a member of.
const memberships = `ARRAY(SELECT DISTINCT pg_get_userbyid(roleid)::text
	FROM pg_catalog.pg_auth_members WHERE member = r.oid)`

func readRole(ctx context.Context, s *server, d *schema.ResourceData) error {
	db, err := s.db("")
	if err != nil {
		return err
	}
	name := d.Id()
	var limit int
	var until string
	var config, roles pq.StringArray
	columns := []string{"rolconnlimit", "coalesce(rolvaliduntil::text, 'infinity')", "rolconfig", memberships}
	targets := []any{&limit, &until, &config, &roles}
	flags := make([]bool, len(roleFlags))
	for i, flag := range roleFlags {
		columns, targets = append(columns, flag.column), append(targets, &flags[i])
	}
	query := "SELECT " + strings.Join(columns, ", ") + " FROM pg_catalog.pg_roles r WHERE rolname = $1"

	err = db.QueryRowContext(ctx, query, name).Scan(targets...)
	if errors.Is(err, sql.ErrNoRows) {
		d.SetId("") // dropped behind our back
		return nil
	}
	if err != nil {
		return err
	}

	own, err := parseRoleConfig(config)
	if err != nil {
		return err
	}
	values := map[string]any{
		"name":                                name,
		"encrypted_password":                  true,
		"connection_limit":                    limit,
		"valid_until":                         until,
		"roles":                               []string(roles),
		"search_path":                         own.searchPath,
		"statement_timeout":                   own.statementTimeout,
		"idle_in_transaction_session_timeout": own.idleTimeout,
		"assume_role":                         own.role,
		"skip_drop_role":                      d.Get("skip_drop_role"),      // kept: the server knows nothing of them
		"skip_reassign_owned":                 d.Get("skip_reassign_owned"), // and an import needs a value
	}
	login := false
	for i, flag := range roleFlags {
		values[flag.attr] = flags[i]
		login = login || flag.attr == "login" && flags[i]
	}
	if known := d.Get("password").(string); known != "" {
		if values["password"], err = readPassword(ctx, s, db, name, known, login); err != nil {
			return err
		}
	}
	return set(d, values)
}

// roleConfig is what this resource manages of pg_roles.rolconfig.
type roleConfig struct {
	searchPath                    []string
	statementTimeout, idleTimeout int
	role                          string
}

func parseRoleConfig(entries []string) (c roleConfig, err error) {
	number := func(name, value string) int {
		n, bad := strconv.Atoi(value)
		if bad != nil {
			err = fmt.Errorf("the role's %s is %q on the server, not a number of milliseconds", name, value)
		}
		return n
	}
	for _, entry := range entries {
		switch name, value, _ := strings.Cut(entry, "="); name {
		case "search_path":
			for _, element := range strings.Split(value, ", ") {
				c.searchPath = append(c.searchPath, strings.Trim(element, `"`))
			}
		case "statement_timeout":
			c.statementTimeout = number(name, value)
		case "idle_in_transaction_session_timeout":
			c.idleTimeout = number(name, value)
		case "role":
			c.role = value
		}
	}
	return c, err
}
