// Package shim opens the Docker Terraform provider's internal package to the
// plugin: its module path is inside the provider's, which is all Go asks for.
package shim

import (
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

// NewProvider returns the provider as its own main would serve it.
func NewProvider(version string) *schema.Provider {
	return provider.New(version)()
}
