package postgresql

import (
	"strings"
	"testing"
)

func TestBareBody(t *testing.T) {
	for given, want := range map[string]string{
		"select 1":                                    "select 1",
		"\nBEGIN\n  RETURN $1;\nEND;\n":               "\nBEGIN\n  RETURN $1;\nEND;\n",
		"$$ select 1 $$":                              "select 1",
		"AS $fn$\nBEGIN\nEND;\n$fn$ LANGUAGE":         "BEGIN\nEND;",
		"$$select 1$$":                                "$$select 1$$", // no blanks: not taken for quotes
		"$$  select 1  $$":                            " select 1 ",
		"begin execute $q$ select 1 $q$; end":         "select 1", // the trap, as upstream
		"$a$ begin execute $q$ select 1 $q$; end $a$": "select 1 $q$; end",
	} {
		if got := bareBody(given); got != want {
			t.Errorf("%q: %q, not %q", given, got, want)
		}
	}
}

func TestFunctionStatement(t *testing.T) {
	f := function{
		schema: "public", name: "Look up", returns: "text", language: "sql", body: "select $body0$x$body0$",
		volatility: "STABLE", parallel: "SAFE", strict: true, definer: true,
		args: []parameter{{"IN", "a", "text", "'x'"}, {"IN", "", "integer", ""}},
	}
	sql := f.statement(true)
	for _, want := range []string{
		`CREATE OR REPLACE FUNCTION "public"."Look up"(IN a text DEFAULT 'x', IN integer)`,
		"STABLE", "PARALLEL SAFE", "STRICT", "SECURITY DEFINER",
		"AS $body1$select $body0$x$body0$$body1$",
	} {
		if !strings.Contains(sql, want) {
			t.Errorf("%s is not in\n%s", want, sql)
		}
	}
	if strings.Contains(f.statement(false), "REPLACE") {
		t.Error("a create would replace")
	}
}

func TestFunctionID(t *testing.T) {
	f := function{schema: "public", name: "f", args: []parameter{
		{"IN", "a", "text", ""}, {"OUT", "b", "integer", ""}, {"VARIADIC", "c", "numeric(4,2)[]", ""},
	}}
	id := functionID("app", f)
	if id != "app.public.f(text,numeric(4,2)[])" {
		t.Errorf("id %s", id)
	}
	database, signature, err := parseFunctionID(id)
	if err != nil || database != "app" || signature != `"public"."f"(text,numeric(4,2)[])` {
		t.Errorf("%s %s %v", database, signature, err)
	}
	if database, _, err := parseFunctionID("public.f(pg_catalog.text)"); err != nil || database != "" {
		t.Errorf("without a database: %q %v", database, err)
	}
	for _, bad := range []string{"f()", "a.b.c.f()", "app.public.f"} {
		if _, _, err := parseFunctionID(bad); err == nil {
			t.Errorf("%s passed for an id", bad)
		}
	}
}
