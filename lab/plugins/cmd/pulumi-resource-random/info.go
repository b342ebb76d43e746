package main

import (
	"context"
	"errors"

	pf "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	bridgetokens "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/terraform-providers/terraform-provider-random/shim"
)

const pkgName = "random"

// info holds what the official plugin says beyond the Terraform schema.
func info() tfbridge.ProviderInfo {
	prov := tfbridge.ProviderInfo{
		P:            pf.ShimProvider(shim.NewProvider()),
		Name:         pkgName,
		Version:      version,
		MetadataInfo: tfbridge.NewProviderMetadata([]byte("{}")), // the bridge wants one, empty or not
		Resources: map[string]*tfbridge.ResourceInfo{
			"random_string": {PreStateUpgradeHook: assumeFirstStringSchema},
			"random_bytes":  {ComputeID: bytesID},
		},
		EnableAccurateBridgePreview: true,
		EnableRawStateDelta:         true,
	}
	standard := bridgetokens.MakeStandard(pkgName)
	prov.MustComputeTokens(bridgetokens.SingleModule("random_", "index",
		func(module, name string) (string, error) { return standard(module, "Random"+name) }))
	return prov
}

// assumeFirstStringSchema reads a RandomString state without a schema version
// as version 1: older official plugins left the marker out.
func assumeFirstStringSchema(args tfbridge.PreStateUpgradeHookArgs) (int64, resource.PropertyMap, error) {
	return max(args.PriorStateSchemaVersion, 1), args.PriorState, nil
}

// bytesID is the id of RandomBytes, whose upstream resource has none.
func bytesID(_ context.Context, state resource.PropertyMap) (resource.ID, error) {
	value := state["base64"]
	for value.IsSecret() {
		value = value.SecretValue().Element
	}
	if !value.IsString() {
		return "", errors.New("random_bytes: the state holds no base64 value to take the id from")
	}
	return resource.ID(value.StringValue()), nil
}
