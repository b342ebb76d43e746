// Command pulumi-resource-postgresql stands in, in the lab, for the official
// plugin behind @pulumi/postgresql 3.18.1: roles, functions and grants.
package main

import "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"

// version is what the engine is told; the build may set another with -X.
var version = "3.18.1"

func main() {
	// The published SDKs carry their own schema: an empty one is enough to run.
	tfbridge.Main(pkgName, version, info(), []byte("{}"))
}
