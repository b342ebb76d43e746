package postgresql

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
)

// function is what a CREATE FUNCTION says.
type function struct {
	schema, name, returns, language, body string
	volatility, parallel                  string
	strict, definer                       bool
	args                                  []parameter
}

type parameter struct{ mode, name, kind, fallback string }

// functionFrom reads the resource and fills in what the program left out.
func functionFrom(d *schema.ResourceData) function {
	f := function{
		schema:     d.Get("schema").(string),
		name:       d.Get("name").(string),
		returns:    d.Get("returns").(string),
		language:   d.Get("language").(string),
		body:       bareBody(d.Get("body").(string)),
		volatility: d.Get("volatility").(string),
		parallel:   d.Get("parallel").(string),
		strict:     d.Get("strict").(bool),
		definer:    d.Get("security_definer").(bool),
	}
	if f.schema == "" {
		f.schema = "public"
	}
	output := "void"
	for _, item := range d.Get("arg").([]any) {
		arg := item.(map[string]any)
		p := parameter{
			mode:     orIn(arg["mode"].(string)),
			name:     arg["name"].(string),
			kind:     arg["type"].(string),
			fallback: arg["default"].(string),
		}
		if strings.EqualFold(p.mode, "OUT") {
			output = p.kind // as upstream: right for one OUT, the server refuses it for more
		}
		f.args = append(f.args, p)
	}
	if f.returns == "" {
		f.returns = output
	}
	return f
}

// statement is the CREATE; replace keeps the function's identity and its grants.
func (f function) statement(replace bool) string {
	var b strings.Builder
	b.WriteString("CREATE ")
	if replace {
		b.WriteString("OR REPLACE ")
	}
	fmt.Fprintf(&b, "FUNCTION %s(%s)\nRETURNS %s\nLANGUAGE %s\n%s\nPARALLEL %s\n",
		qualified(f.schema, f.name), f.parameters(), f.returns, f.language, f.volatility, f.parallel)
	if f.strict {
		b.WriteString("STRICT\n")
	}
	if f.definer {
		b.WriteString("SECURITY DEFINER\n")
	}
	tag := freeTag(f.body)
	b.WriteString("AS " + tag + f.body + tag)
	return b.String()
}

func (f function) parameters() string {
	out := make([]string, len(f.args))
	for i, p := range f.args {
		// Names and types go in as written, so that a program may quote them itself.
		words := []string{p.mode, p.name, p.kind}
		if p.name == "" {
			words = []string{p.mode, p.kind}
		}
		if p.fallback != "" {
			words = append(words, "DEFAULT", p.fallback)
		}
		out[i] = strings.Join(words, " ")
	}
	return strings.Join(out, ", ")
}

// freeTag is a dollar quote that the body does not hold.
func freeTag(body string) string {
	for n := 0; ; n++ {
		if tag := fmt.Sprintf("$body%d$", n); !strings.Contains(body, tag) {
			return tag
		}
	}
}

// bareBody takes a body out of dollar quotes that a program wrote around it,
// with one blank at either end. As upstream it looks for the quotes anywhere:
// a body with $q$ … $q$ within it is cut down to what is between those.
func bareBody(body string) string {
	closing := -1 // the blank before the last tag that has one
	for i := len(body) - 1; i > 0 && closing < 0; i-- {
		if tagEnd(body, i) > 0 && isBlank(body[i-1]) {
			closing = i - 1
		}
	}
	for i := closing - 1; i >= 0; i-- {
		if end := tagEnd(body, i); end > 0 && end < closing && isBlank(body[end]) {
			return body[end+1 : closing]
		}
	}
	return body
}

// tagEnd is where a dollar tag that starts at i ends, 0 when none does.
func tagEnd(body string, i int) int {
	if body[i] != '$' {
		return 0
	}
	for j := i + 1; j < len(body); j++ {
		switch c := body[j] | 0x20; { // lower case, for letters
		case body[j] == '$':
			return j + 1
		case c < 'a' || c > 'z':
			return 0
		}
	}
	return 0
}

func isBlank(c byte) bool { return strings.IndexByte(" \t\n\f\r", c) >= 0 }
