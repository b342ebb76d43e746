// Command pulumi-resource-random stands in, in the lab, for the official
// plugin behind @pulumi/random 4.21.2.
package main

import (
	"context"

	pf "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
)

// version is what the engine is told; the build may set another with -X.
var version = "4.21.2"

func main() {
	// The published SDKs carry their own schema: an empty one is enough to run.
	pf.Main(context.Background(), pkgName, info(), pf.ProviderMetadata{PackageSchema: []byte("{}")})
}
