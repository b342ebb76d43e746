package postgresql

import (
	"strings"
	"testing"
)

func TestProviderSchemaIsSound(t *testing.T) {
	if err := New().InternalValidate(); err != nil {
		t.Fatal(err)
	}
}

func TestDSNQuotesAndLeavesOut(t *testing.T) {
	s := settings{host: "db", port: 5432, user: "u", password: `a 'b' \c`, timeout: 180}
	dsn := s.dsn("app")
	for _, want := range []string{`host='db'`, `password='a \'b\' \\c'`, `dbname='app'`, `connect_timeout='180'`} {
		if !strings.Contains(dsn, want) {
			t.Errorf("%s is not in %s", want, dsn)
		}
	}
	if strings.Contains(dsn, "sslmode") {
		t.Errorf("an sslmode that was not given is in %s", dsn)
	}
}
