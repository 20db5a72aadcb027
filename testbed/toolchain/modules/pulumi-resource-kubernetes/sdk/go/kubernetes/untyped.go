// Package kubernetes stands in for the provider's Go SDK under its import path. The SDK has a type
// for every kind of Kubernetes object and takes longer to compile than the provider. The provider wants of it the three
// names that its ConfigFile, ConfigGroup, Directory and Chart use: they register objects that have no Go type.
package kubernetes

import "reflect"

// UntypedArgs are the fields of an object.
type UntypedArgs map[string]any

// ElementType is part of pulumi.Input.
func (UntypedArgs) ElementType() reflect.Type { return reflect.TypeFor[map[string]any]() }
