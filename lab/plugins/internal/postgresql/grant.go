package postgresql

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
)

// privilegesOf lists what can be granted on each kind of object this plugin handles.
var privilegesOf = map[string][]string{
	"database":  {"CREATE", "CONNECT", "TEMPORARY"},
	"schema":    {"CREATE", "USAGE"},
	"table":     {"SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"},
	"sequence":  {"USAGE", "SELECT", "UPDATE"},
	"function":  {"EXECUTE"},
	"procedure": {"EXECUTE"},
	"routine":   {"EXECUTE"},
}

// officialOnly are the kinds that the official plugin has beyond these.
var officialOnly = []string{"column", "foreign_data_wrapper", "foreign_server"}

func grantResource() *schema.Resource {
	fixed := func(required bool) *schema.Schema {
		return &schema.Schema{Type: schema.TypeString, Required: required, Optional: !required, ForceNew: true}
	}
	names := func() *schema.Schema {
		return &schema.Schema{
			Type: schema.TypeSet, Optional: true, ForceNew: true,
			Elem: &schema.Schema{Type: schema.TypeString}, Set: schema.HashString,
		}
	}
	kind := fixed(true)
	kind.ValidateFunc = checkObjectType
	columns := names()
	columns.Elem.(*schema.Schema).ValidateFunc = func(any, string) ([]string, []error) {
		return nil, []error{notInLab("columns")}
	}
	privileges := names()
	privileges.Optional, privileges.Required, privileges.ForceNew = false, true, false

	return &schema.Resource{
		Schema: map[string]*schema.Schema{
			"role":              fixed(true),
			"database":          fixed(true),
			"schema":            fixed(false),
			"object_type":       kind,
			"objects":           names(),
			"columns":           columns,
			"privileges":        privileges,
			"with_grant_option": {Type: schema.TypeBool, Optional: true, ForceNew: true, Default: false},
		},
		CreateContext: with("granting", applyGrant),
		ReadContext:   with("reading the grant", readGrant),
		UpdateContext: with("changing the grant", applyGrant),
		DeleteContext: with("revoking", deleteGrant),
	}
}

func checkObjectType(value any, _ string) ([]string, []error) {
	kind := value.(string)
	if slices.Contains(officialOnly, kind) {
		return nil, []error{notInLab("the object type " + kind)}
	}
	if _, known := privilegesOf[kind]; !known {
		return nil, []error{fmt.Errorf("%q is not an object type that privileges are granted on", kind)}
	}
	return nil, nil
}

// grant is one resource's content, now or before a change.
type grant struct {
	role, database, schema, kind string
	objects, privileges          []string
	grantOption                  bool
}

func grantFrom(get func(string) any) grant {
	return grant{
		role:        get("role").(string),
		database:    get("database").(string),
		schema:      get("schema").(string),
		kind:        get("object_type").(string),
		objects:     texts(get("objects")),
		privileges:  texts(get("privileges")),
		grantOption: get("with_grant_option").(bool),
	}
}

// id is role_database[_schema]_kind[_objects…].
func (g grant) id() string {
	parts := []string{g.role, g.database}
	if g.kind != "database" {
		parts = append(parts, g.schema)
	}
	return strings.Join(append(append(parts, g.kind), g.objects...), "_")
}

// check refuses combinations that have no meaning.
func (g grant) check(major int) error {
	if g.schema == "" && g.kind != "database" {
		return fmt.Errorf("a grant on a %s needs a schema", g.kind)
	}
	if len(g.objects) > 0 && (g.kind == "database" || g.kind == "schema") {
		return fmt.Errorf("a grant on a %s takes no objects", g.kind)
	}
	for _, privilege := range g.privileges {
		if privilege != "ALL" && !slices.Contains(allPrivileges(g.kind, major), privilege) {
			return fmt.Errorf("there is no privilege %s on a %s", privilege, g.kind)
		}
	}
	return nil
}

// allPrivileges is what ALL means: on tables it grew with PostgreSQL 17.
func allPrivileges(kind string, major int) []string {
	all := slices.Clone(privilegesOf[kind])
	if kind == "table" && major >= 17 {
		all = append(all, "MAINTAIN")
	}
	return all
}

// satisfiedBy compares what is wanted with what a role has.
func (g grant) satisfiedBy(held []string, major int) bool {
	wanted, has := textSet(g.privileges), textSet(held)
	return has.Equal(wanted) || wanted.Contains("ALL") && has.Equal(textSet(allPrivileges(g.kind, major)))
}
