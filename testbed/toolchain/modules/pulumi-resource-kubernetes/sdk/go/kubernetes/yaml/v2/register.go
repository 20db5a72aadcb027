// Package v2 registers the objects of ConfigFile, ConfigGroup, Directory and Chart.
package v2

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// object is any Kubernetes object: its outputs are in the engine and in no field here.
type object struct{ pulumi.CustomResourceState }

// RegisterResource registers an object under the token that the SDK gives its kind.
func RegisterResource(ctx *pulumi.Context, apiVersion, kind, name string, props pulumi.Input,
	opts ...pulumi.ResourceOption) (pulumi.CustomResource, error) {
	if !strings.Contains(apiVersion, "/") {
		apiVersion = "core/" + apiVersion
	}
	var registered object
	token := fmt.Sprintf("kubernetes:%s:%s", apiVersion, kind)
	if err := ctx.RegisterResource(token, name, props, &registered, opts...); err != nil {
		return nil, err
	}
	return &registered, nil
}
