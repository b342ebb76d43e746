package postgresql

import (
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/validation"
)

// roleFlags are the yes/no options of a role; NO in front of the word is "no".
var roleFlags = []struct {
	attr, word, column string
	fallback           bool
}{
	{"superuser", "SUPERUSER", "rolsuper", false},
	{"create_database", "CREATEDB", "rolcreatedb", false},
	{"create_role", "CREATEROLE", "rolcreaterole", false},
	{"inherit", "INHERIT", "rolinherit", true},
	{"login", "LOGIN", "rolcanlogin", false},
	{"replication", "REPLICATION", "rolreplication", false},
	{"bypass_row_level_security", "BYPASSRLS", "rolbypassrls", false},
}

func roleResource() *schema.Resource {
	text := func() *schema.Schema { return &schema.Schema{Type: schema.TypeString, Optional: true} }
	no := func() *schema.Schema { return &schema.Schema{Type: schema.TypeBool, Optional: true, Default: false} }
	milliseconds := func() *schema.Schema {
		return &schema.Schema{Type: schema.TypeInt, Optional: true, ValidateFunc: validation.IntAtLeast(0)}
	}
	element := &schema.Schema{Type: schema.TypeString}

	attrs := map[string]*schema.Schema{
		"name": {Type: schema.TypeString, Required: true},
		"password": {
			Type: schema.TypeString, Optional: true, Sensitive: true,
			ConflictsWith: []string{"password_wo", "password_wo_version"},
		},
		"password_wo": {
			Type: schema.TypeString, Optional: true, Sensitive: true, WriteOnly: true,
			ConflictsWith: []string{"password"}, RequiredWith: []string{"password_wo_version"},
		},
		"password_wo_version": {
			Type: schema.TypeString, Optional: true,
			ConflictsWith: []string{"password"}, RequiredWith: []string{"password_wo"},
		},
		"encrypted":          {Type: schema.TypeString, Optional: true, Deprecated: "Use encrypted_password."},
		"encrypted_password": {Type: schema.TypeBool, Optional: true, Default: true},
		"valid_until":        {Type: schema.TypeString, Optional: true, Default: "infinity"},
		"connection_limit": {
			Type: schema.TypeInt, Optional: true, Default: -1,
			ValidateFunc: validation.IntAtLeast(-1),
		},
		"roles":                               {Type: schema.TypeSet, Optional: true, Elem: element, Set: schema.HashString},
		"search_path":                         {Type: schema.TypeList, Optional: true, Elem: element},
		"assume_role":                         text(),
		"skip_drop_role":                      no(),
		"skip_reassign_owned":                 no(),
		"statement_timeout":                   milliseconds(),
		"idle_in_transaction_session_timeout": milliseconds(),
	}
	for _, flag := range roleFlags {
		attrs[flag.attr] = &schema.Schema{Type: schema.TypeBool, Optional: true, Default: flag.fallback}
	}

	return &schema.Resource{
		Schema:        attrs,
		CreateContext: with("creating the role", createRole),
		ReadContext:   with("reading the role", readRole),
		UpdateContext: with("changing the role", updateRole),
		DeleteContext: with("dropping the role", deleteRole),
		Importer:      &schema.ResourceImporter{StateContext: schema.ImportStatePassthroughContext},
	}
}
