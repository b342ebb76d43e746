package postgresql

import (
	"reflect"
	"testing"
)

func TestCouldBe(t *testing.T) {
	for _, c := range []struct {
		name, known, stored string
		want                bool
	}{
		{"scram can't be told", "secret", "SCRAM-SHA-256$4096:x$y:z", true},
		{"password taken away by hand", "secret", "", false},
		{"md5 of secret and bob", "secret", "md521f3163f8f86fa10bdefbfbd502a8f06", true},
		{"md5 of another password", "other", "md521f3163f8f86fa10bdefbfbd502a8f06", false},
		{"the verifier itself", "SCRAM-SHA-256$a", "SCRAM-SHA-256$a", true},
		{"another verifier", "SCRAM-SHA-256$a", "SCRAM-SHA-256$b", false},
	} {
		if got := couldBe(c.known, c.stored, "bob"); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestParseRoleConfig(t *testing.T) {
	got, err := parseRoleConfig([]string{
		`search_path=pg_catalog, "My Schema"`, "statement_timeout=5000",
		"idle_in_transaction_session_timeout=10", "role=boss", "work_mem=1MB",
	})
	want := roleConfig{[]string{"pg_catalog", "My Schema"}, 5000, 10, "boss"}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := parseRoleConfig([]string{"statement_timeout=5s"}); err == nil {
		t.Error("a timeout with a unit was taken for a number")
	}
}
