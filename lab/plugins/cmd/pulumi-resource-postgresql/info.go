package main

import (
	"pg-sidecar/lab/plugins/internal/postgresql"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	bridgetokens "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
)

const pkgName = "postgresql"

// info holds what the official plugin says beyond the Terraform schema.
func info() tfbridge.ProviderInfo {
	prov := tfbridge.ProviderInfo{
		P:       shimv2.NewProvider(postgresql.New()),
		Name:    pkgName,
		Version: version,
		Config: map[string]*tfbridge.SchemaInfo{
			"sslmode": {Default: &tfbridge.DefaultInfo{EnvVars: []string{"PGSSLMODE"}}},
			"connect_timeout": {Default: &tfbridge.DefaultInfo{
				EnvVars: []string{"PGCONNECT_TIMEOUT"},
				Value:   180,
			}},
		},
		Resources: map[string]*tfbridge.ResourceInfo{
			"postgresql_grant": {DeleteBeforeReplace: true},
		},
		EnableZeroDefaultSchemaVersion: true,
		EnableAccurateBridgePreview:    true,
	}
	prov.MustComputeTokens(bridgetokens.SingleModule("postgresql_", "index", bridgetokens.MakeStandard(pkgName)))
	prov.SetAutonaming(255, "-")
	return prov
}
