package postgresql

import (
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/validation"
)

func functionResource() *schema.Resource {
	place := func() *schema.Schema { // where it is: computed when left out
		return &schema.Schema{
			Type: schema.TypeString, Optional: true, Computed: true, ForceNew: true,
			DiffSuppressFunc: sameText,
		}
	}
	no := func() *schema.Schema { return &schema.Schema{Type: schema.TypeBool, Optional: true, Default: false} }
	choice := func(words ...string) *schema.Schema { // the first word is the default
		return &schema.Schema{
			Type: schema.TypeString, Optional: true, Default: words[0],
			DiffSuppressFunc: sameText,
			ValidateFunc:     validation.StringInSlice(words, false),
		}
	}

	return &schema.Resource{
		Schema: map[string]*schema.Schema{
			"name":     {Type: schema.TypeString, Required: true, ForceNew: true},
			"schema":   place(),
			"database": place(),
			"returns":  place(),
			"language": {
				Type: schema.TypeString, Optional: true, ForceNew: true, Default: "plpgsql",
				DiffSuppressFunc: sameText,
			},
			"arg": {Type: schema.TypeList, Optional: true, ForceNew: true, Elem: argResource()},
			"body": {
				Type: schema.TypeString, Required: true,
				StateFunc: func(value any) string { return bareBody(value.(string)) },
				DiffSuppressFunc: func(_, old, new string, _ *schema.ResourceData) bool {
					return old == bareBody(new)
				},
			},
			"volatility":       choice("VOLATILE", "STABLE", "IMMUTABLE"),
			"parallel":         choice("UNSAFE", "RESTRICTED", "SAFE"),
			"strict":           no(),
			"security_definer": no(),
			"drop_cascade":     no(),
		},
		CreateContext: with("creating the function", createFunction),
		ReadContext:   with("reading the function", readFunction),
		UpdateContext: with("changing the function", updateFunction),
		DeleteContext: with("dropping the function", deleteFunction),
		Importer:      &schema.ResourceImporter{StateContext: schema.ImportStatePassthroughContext},
	}
}

func argResource() *schema.Resource {
	return &schema.Resource{Schema: map[string]*schema.Schema{
		"type":    {Type: schema.TypeString, Required: true, ForceNew: true},
		"name":    {Type: schema.TypeString, Optional: true, ForceNew: true},
		"default": {Type: schema.TypeString, Optional: true},
		"mode": {
			Type: schema.TypeString, Optional: true, ForceNew: true, Default: "IN",
			DiffSuppressFunc: func(_, old, new string, _ *schema.ResourceData) bool {
				return orIn(old) == orIn(new)
			},
		},
	}}
}

// orIn is a parameter mode, IN when not given.
func orIn(mode string) string {
	if mode == "" {
		return "IN"
	}
	return mode
}
