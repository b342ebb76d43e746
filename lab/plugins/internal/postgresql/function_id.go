package postgresql

import (
	"fmt"
	"strings"
)

// functionID is database.schema.name(type,…), with the types that make the
// signature: all but those of OUT parameters.
func functionID(database string, f function) string {
	var kinds []string
	for _, p := range f.args {
		if p.mode != "OUT" {
			kinds = append(kinds, p.kind)
		}
	}
	return fmt.Sprintf("%s.%s.%s(%s)", database, f.schema, f.name, strings.Join(kinds, ","))
}

// parseFunctionID returns the database ("" when the id has none) and the
// signature, quoted for SQL. A name with a dot in it can't be told apart.
func parseFunctionID(id string) (database, signature string, err error) {
	path, types, hasTypes := strings.Cut(id, "(")
	parts := strings.Split(path, ".")
	if !hasTypes || !strings.HasSuffix(types, ")") || len(parts) < 2 || len(parts) > 3 {
		return "", "", fmt.Errorf("%q is no function id: it should look like database.schema.name(type,type)", id)
	}
	if len(parts) == 3 {
		database, parts = parts[0], parts[1:]
	}
	return database, qualified(parts[0], parts[1]) + "(" + types, nil
}
