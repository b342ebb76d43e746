// Package shim opens the random Terraform provider's internal package to the
// plugin: its module path is inside the provider's, which is all Go asks for.
package shim

import (
	framework "github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/terraform-providers/terraform-provider-random/internal/provider"
)

// NewProvider returns the provider as its own main would serve it.
func NewProvider() framework.Provider {
	return provider.New()
}
