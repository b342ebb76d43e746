// Package postgresql is a small Terraform-style provider for PostgreSQL roles,
// functions and grants, with the names, types and defaults of the official one.
package postgresql

import (
	"context"
	"os"
	"regexp"

	"github.com/hashicorp/terraform-plugin-sdk/v2/diag"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/validation"
)

// unsetVersion is the official default of expected_version: "ask the server".
const unsetVersion = "9.0.0"

// New returns the provider, connected to nothing yet.
func New() *schema.Provider {
	return &schema.Provider{
		Schema: configSchema(),
		ResourcesMap: map[string]*schema.Resource{
			"postgresql_role":     roleResource(),
			"postgresql_function": functionResource(),
			"postgresql_grant":    grantResource(),
		},
		ConfigureContextFunc: configure,
	}
}

func configSchema() map[string]*schema.Schema {
	text := func(env string, fallback any) *schema.Schema {
		return &schema.Schema{Type: schema.TypeString, Optional: true, DefaultFunc: fromEnv(env, fallback)}
	}
	plain := func() *schema.Schema { return &schema.Schema{Type: schema.TypeString, Optional: true} }
	blank := func() *schema.Schema { return &schema.Schema{Type: schema.TypeString, Optional: true, Default: ""} }
	flag := func() *schema.Schema { return &schema.Schema{Type: schema.TypeBool, Optional: true} }
	required := func(t schema.ValueType) *schema.Schema { return &schema.Schema{Type: t, Required: true} }

	password := text("PGPASSWORD", nil)
	password.Sensitive = true
	oldSSLMode := plain()
	oldSSLMode.Deprecated = "Use sslmode."

	return map[string]*schema.Schema{
		"scheme": {
			Type: schema.TypeString, Optional: true, Default: "postgres",
			ValidateFunc: validation.StringInSlice([]string{"postgres", "awspostgres", "gcppostgres"}, false),
		},
		"host":              text("PGHOST", nil),
		"port":              {Type: schema.TypeInt, Optional: true, DefaultFunc: fromEnv("PGPORT", 5432)},
		"database":          text("PGDATABASE", "postgres"),
		"username":          text("PGUSER", "postgres"),
		"password":          password,
		"database_username": plain(),
		"superuser":         {Type: schema.TypeBool, Optional: true, DefaultFunc: fromEnv("PGSUPERUSER", true)},
		"sslmode":           text("PGSSLMODE", nil),
		"ssl_mode":          oldSSLMode,
		"sslrootcert":       plain(),
		"clientcert": {
			Type: schema.TypeList, Optional: true, MaxItems: 1,
			Elem: &schema.Resource{Schema: map[string]*schema.Schema{
				"cert":      required(schema.TypeString),
				"key":       required(schema.TypeString),
				"sslinline": flag(),
			}},
		},
		"connect_timeout": {
			Type: schema.TypeInt, Optional: true, DefaultFunc: fromEnv("PGCONNECT_TIMEOUT", 180),
			ValidateFunc: validation.IntAtLeast(-1),
		},
		"max_connections": {
			Type: schema.TypeInt, Optional: true, Default: 20,
			ValidateFunc: validation.IntAtLeast(-1),
		},
		"expected_version": {
			Type: schema.TypeString, Optional: true, Default: unsetVersion,
			ValidateFunc: validation.StringMatch(regexp.MustCompile(`^v?\d+(\.\d+)*`), "a version starts with a number"),
		},

		// Accepted by name, refused when used: see cloudKeys.
		"aws_rds_iam_auth":                    flag(),
		"aws_rds_iam_profile":                 blank(),
		"aws_rds_iam_region":                  blank(),
		"aws_rds_iam_provider_role_arn":       blank(),
		"azure_identity_auth":                 flag(),
		"azure_tenant_id":                     blank(),
		"gcp_iam_impersonate_service_account": blank(),
	}
}

// cloudKeys are the settings of logins that only a cloud's own tokens can make.
var cloudKeys = []string{
	"aws_rds_iam_auth", "aws_rds_iam_profile", "aws_rds_iam_region", "aws_rds_iam_provider_role_arn",
	"azure_identity_auth", "azure_tenant_id", "gcp_iam_impersonate_service_account",
}

func configure(_ context.Context, d *schema.ResourceData) (any, diag.Diagnostics) {
	for _, key := range cloudKeys {
		if _, used := d.GetOk(key); used {
			return nil, diag.FromErr(notInLab("the provider setting " + key))
		}
	}
	if scheme := d.Get("scheme").(string); scheme != "postgres" {
		return nil, diag.FromErr(notInLab("the scheme " + scheme))
	}

	s := settings{
		host:      d.Get("host").(string),
		port:      d.Get("port").(int),
		user:      d.Get("username").(string),
		password:  d.Get("password").(string),
		sslMode:   d.Get("sslmode").(string),
		rootCert:  d.Get("sslrootcert").(string),
		timeout:   d.Get("connect_timeout").(int),
		mapped:    d.Get("database_username").(string),
		superuser: d.Get("superuser").(bool),
		database:  d.Get("database").(string),
		maxOpen:   d.Get("max_connections").(int),
		version:   d.Get("expected_version").(string),
	}
	if s.sslMode == "" {
		s.sslMode = d.Get("ssl_mode").(string)
	}
	if certs, _ := d.Get("clientcert").([]any); len(certs) == 1 {
		if cert, ok := certs[0].(map[string]any); ok {
			s.cert, s.key = cert["cert"].(string), cert["key"].(string)
			s.inline, _ = cert["sslinline"].(bool)
		}
	}
	return newServer(s), nil
}

// fromEnv is a default taken from the environment, as libpq does.
func fromEnv(name string, fallback any) schema.SchemaDefaultFunc {
	return func() (any, error) {
		if value := os.Getenv(name); value != "" {
			return value, nil
		}
		return fallback, nil
	}
}
