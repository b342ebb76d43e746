package postgresql

import (
	"context"
	"crypto/md5"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/go-cty/cty"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/lib/pq"
)

// writeOnlyPassword is password_wo, which only the configuration holds, never the state.
func writeOnlyPassword(d *schema.ResourceData) string {
	value, diags := d.GetRawConfigAt(cty.GetAttrPath("password_wo"))
	if diags.HasError() || value.IsNull() || !value.IsKnown() || !value.Type().Equals(cty.String) {
		return ""
	}
	return value.AsString()
}

// passwordChanged also covers a rename, which empties an md5 password.
func passwordChanged(d *schema.ResourceData) bool {
	if writeOnlyPassword(d) != "" {
		return d.HasChange("password_wo_version")
	}
	return d.HasChange("password") || d.HasChange("name")
}

// passwordOption is empty without a password: as upstream, taking it out of
// the program leaves the old one on the server.
func passwordOption(d *schema.ResourceData) []string {
	password := d.Get("password").(string)
	if password == "" {
		password = writeOnlyPassword(d)
	}
	switch {
	case password == "":
		return nil
	case strings.EqualFold(password, "null"):
		return []string{"PASSWORD NULL"}
	case d.Get("encrypted_password").(bool):
		return []string{"ENCRYPTED PASSWORD " + pq.QuoteLiteral(password)}
	default:
		return []string{"UNENCRYPTED PASSWORD " + pq.QuoteLiteral(password)} // the server says no
	}
}

// readPassword returns what the state should hold: a plain text can't be read
// back, but a role without a password, or with another hash, can be told.
func readPassword(ctx context.Context, s *server, db *sql.DB, role, known string, login bool) (string, error) {
	if !login || !s.superuser {
		return known, nil
	}
	var admin bool
	err := db.QueryRowContext(ctx, "SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user").Scan(&admin)
	if err != nil {
		return "", err
	}
	if !admin {
		return "", fmt.Errorf("%s is not a superuser and cannot see passwords: set superuser to false in the provider", s.databaseUser())
	}
	var stored string
	err = db.QueryRowContext(ctx, "SELECT coalesce(rolpassword, '') FROM pg_catalog.pg_authid WHERE rolname = $1", role).Scan(&stored)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if couldBe(known, stored, role) {
		return known, nil
	}
	return stored, nil
}

// couldBe says whether a stored verifier may come from the password known; a
// SCRAM one is given the benefit of the doubt, as upstream does.
func couldBe(known, stored, role string) bool {
	if known == "" || isVerifier(known) {
		return known == stored
	}
	if strings.HasPrefix(stored, "md5") {
		sum := md5.Sum([]byte(known + role))
		return stored == "md5"+hex.EncodeToString(sum[:])
	}
	return strings.HasPrefix(stored, "SCRAM-SHA-256")
}

func isVerifier(password string) bool {
	return strings.HasPrefix(password, "md5") || strings.HasPrefix(password, "SCRAM-SHA-256")
}
