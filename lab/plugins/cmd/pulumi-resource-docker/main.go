// Command pulumi-resource-docker stands in, in the lab, for the official
// plugin behind @pulumi/docker 5.2.0.
package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
)

// version is what the engine is told; the build may set another with -X.
var version = "5.2.0"

func main() {
	// The published SDKs carry their own schema: an empty one is enough to run.
	tfbridge.Main(pkgName, version, info(), []byte("{}"))
}
