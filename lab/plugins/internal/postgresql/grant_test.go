package postgresql

import (
	"strings"
	"testing"
)

func TestGrantSQL(t *testing.T) {
	base := grant{role: "bob", database: "app", schema: "s"}
	as := func(kind string, objects, privileges []string) grant {
		g := base
		g.kind, g.objects, g.privileges = kind, objects, privileges
		return g
	}
	for _, c := range []struct {
		g                 grant
		id, grant, revoke string
	}{
		{as("database", nil, []string{"CONNECT"}), "bob_app_database",
			`GRANT CONNECT ON DATABASE "app" TO "bob"`,
			`REVOKE ALL PRIVILEGES ON DATABASE "app" FROM "bob"`},
		{as("schema", nil, []string{"USAGE"}), "bob_app_s_schema",
			`GRANT USAGE ON SCHEMA "s" TO "bob"`,
			`REVOKE ALL PRIVILEGES ON SCHEMA "s" FROM "bob"`},
		{as("table", nil, []string{"SELECT", "INSERT"}), "bob_app_s_table",
			`GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA "s" TO "bob"`,
			`REVOKE ALL PRIVILEGES ON ALL TABLES IN SCHEMA "s" FROM "bob"`},
		{as("function", []string{"f(text, integer)"}, []string{"EXECUTE"}), "bob_app_s_function_f(text, integer)",
			`GRANT EXECUTE ON FUNCTION "s"."f"(text, integer) TO "bob"`,
			`REVOKE EXECUTE ON FUNCTION "s"."f"(text, integer) FROM "bob"`},
		{as("function", []string{"f"}, nil), "bob_app_s_function_f",
			"",
			`REVOKE ALL PRIVILEGES ON FUNCTION "s"."f" FROM "bob"`},
	} {
		if got := c.g.id(); got != c.id {
			t.Errorf("id %s, not %s", got, c.id)
		}
		if got := c.g.grantSQL(); got != c.grant {
			t.Errorf("%s, not %s", got, c.grant)
		}
		if got := c.g.revokeSQL(); got != c.revoke {
			t.Errorf("%s, not %s", got, c.revoke)
		}
	}
	lending := as("schema", nil, []string{"USAGE"})
	lending.grantOption = true
	if !strings.HasSuffix(lending.grantSQL(), " WITH GRANT OPTION") {
		t.Error("the grant option is missing")
	}
}

func TestGrantCheck(t *testing.T) {
	for name, g := range map[string]grant{
		"no schema":           {kind: "table", privileges: []string{"SELECT"}},
		"objects of a schema": {kind: "schema", schema: "s", objects: []string{"x"}},
		"unknown privilege":   {kind: "table", schema: "s", privileges: []string{"EXECUTE"}},
		"too new":             {kind: "table", schema: "s", privileges: []string{"MAINTAIN"}},
	} {
		if g.check(16) == nil {
			t.Errorf("%s: passed", name)
		}
	}
	if err := (grant{kind: "table", schema: "s", privileges: []string{"MAINTAIN"}}).check(17); err != nil {
		t.Error(err)
	}
}

func TestGrantSatisfiedBy(t *testing.T) {
	g := grant{kind: "schema", privileges: []string{"ALL"}}
	if !g.satisfiedBy([]string{"USAGE", "CREATE"}, 17) || g.satisfiedBy([]string{"USAGE"}, 17) {
		t.Error("ALL on a schema is CREATE and USAGE")
	}
	if none := (grant{kind: "function"}); !none.satisfiedBy(nil, 17) || none.satisfiedBy([]string{"EXECUTE"}, 17) {
		t.Error("no privileges wanted, none held")
	}
}

func TestObjectTypesOfTheOfficialPluginOnly(t *testing.T) {
	if _, errs := checkObjectType("column", ""); len(errs) != 1 || !strings.Contains(errs[0].Error(), "not in the lab") {
		t.Error(errs)
	}
	if _, errs := checkObjectType("function", ""); errs != nil {
		t.Error(errs)
	}
}
