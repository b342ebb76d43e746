package postgresql

import "strings"

// target is the ON part of a GRANT or REVOKE.
func (g grant) target() string {
	switch {
	case g.kind == "database":
		return "DATABASE " + ident(g.database)
	case g.kind == "schema":
		return "SCHEMA " + ident(g.schema)
	case len(g.objects) == 0:
		return "ALL " + strings.ToUpper(g.kind) + "S IN SCHEMA " + ident(g.schema)
	}
	return strings.ToUpper(g.kind) + " " + each(g.objects, func(object string) string {
		// A function may come with its argument types, which are not part of the name.
		name, types, overloaded := strings.Cut(object, "(")
		if overloaded {
			types = "(" + types
		}
		return qualified(g.schema, name) + types
	})
}

// grantSQL is empty for no privileges: then the revoke is all there is to do.
func (g grant) grantSQL() string {
	if len(g.privileges) == 0 {
		return ""
	}
	statement := "GRANT " + strings.Join(g.privileges, ", ") + " ON " + g.target() + " TO " + ident(g.role)
	if g.grantOption {
		statement += " WITH GRANT OPTION"
	}
	return statement
}

// revokeSQL takes everything away, but from named objects only what this
// grant gave, as upstream: revoking ALL on a table would hit its columns' grants.
func (g grant) revokeSQL() string {
	what := "ALL PRIVILEGES"
	if len(g.objects) > 0 && len(g.privileges) > 0 {
		what = strings.Join(g.privileges, ", ")
	}
	return "REVOKE " + what + " ON " + g.target() + " FROM " + ident(g.role)
}
