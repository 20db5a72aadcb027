// Package v4 has the two settings of Chart that are objects, as the SDK defines them.
package v4

import (
	"context"
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// PostRenderer is a program that changes what a chart renders to.
type PostRenderer struct {
	Args    []string `pulumi:"args"`
	Command string   `pulumi:"command"`
}

// PostRendererInput is PostRendererArgs or PostRendererOutput.
type PostRendererInput interface {
	pulumi.Input
	ToPostRendererOutput() PostRendererOutput
	ToPostRendererOutputWithContext(context.Context) PostRendererOutput
}

// PostRendererArgs is a PostRenderer with inputs.
type PostRendererArgs struct {
	Args    pulumi.StringArrayInput `pulumi:"args"`
	Command pulumi.StringInput      `pulumi:"command"`
}

// ElementType is part of pulumi.Input.
func (PostRendererArgs) ElementType() reflect.Type { return reflect.TypeFor[PostRenderer]() }

// ToPostRendererOutput is part of PostRendererInput.
func (i PostRendererArgs) ToPostRendererOutput() PostRendererOutput {
	return i.ToPostRendererOutputWithContext(context.Background())
}

// ToPostRendererOutputWithContext is part of PostRendererInput.
func (i PostRendererArgs) ToPostRendererOutputWithContext(ctx context.Context) PostRendererOutput {
	return pulumi.ToOutputWithContext(ctx, i).(PostRendererOutput)
}

// PostRendererOutput is a PostRenderer that is known later.
type PostRendererOutput struct{ *pulumi.OutputState }

// ElementType is part of pulumi.Input.
func (PostRendererOutput) ElementType() reflect.Type { return reflect.TypeFor[PostRenderer]() }

// ToPostRendererOutput is part of PostRendererInput.
func (o PostRendererOutput) ToPostRendererOutput() PostRendererOutput { return o }

// ToPostRendererOutputWithContext is part of PostRendererInput.
func (o PostRendererOutput) ToPostRendererOutputWithContext(context.Context) PostRendererOutput {
	return o
}

// RepositoryOpts say where a chart is.
type RepositoryOpts struct {
	CaFile   pulumi.AssetOrArchive `pulumi:"caFile"`
	CertFile pulumi.AssetOrArchive `pulumi:"certFile"`
	KeyFile  pulumi.AssetOrArchive `pulumi:"keyFile"`
	Password *string               `pulumi:"password"`
	Repo     *string               `pulumi:"repo"`
	Username *string               `pulumi:"username"`
}

// RepositoryOptsInput is RepositoryOptsArgs or RepositoryOptsOutput.
type RepositoryOptsInput interface {
	pulumi.Input
	ToRepositoryOptsOutput() RepositoryOptsOutput
	ToRepositoryOptsOutputWithContext(context.Context) RepositoryOptsOutput
}

// RepositoryOptsArgs are RepositoryOpts with inputs.
type RepositoryOptsArgs struct {
	CaFile   pulumi.AssetOrArchiveInput `pulumi:"caFile"`
	CertFile pulumi.AssetOrArchiveInput `pulumi:"certFile"`
	KeyFile  pulumi.AssetOrArchiveInput `pulumi:"keyFile"`
	Password pulumi.StringPtrInput      `pulumi:"password"`
	Repo     pulumi.StringPtrInput      `pulumi:"repo"`
	Username pulumi.StringPtrInput      `pulumi:"username"`
}

// ElementType is part of pulumi.Input.
func (RepositoryOptsArgs) ElementType() reflect.Type { return reflect.TypeFor[RepositoryOpts]() }

// ToRepositoryOptsOutput is part of RepositoryOptsInput.
func (i RepositoryOptsArgs) ToRepositoryOptsOutput() RepositoryOptsOutput {
	return i.ToRepositoryOptsOutputWithContext(context.Background())
}

// ToRepositoryOptsOutputWithContext is part of RepositoryOptsInput.
func (i RepositoryOptsArgs) ToRepositoryOptsOutputWithContext(ctx context.Context) RepositoryOptsOutput {
	return pulumi.ToOutputWithContext(ctx, i).(RepositoryOptsOutput)
}

// RepositoryOptsOutput are RepositoryOpts that are known later.
type RepositoryOptsOutput struct{ *pulumi.OutputState }

// ElementType is part of pulumi.Input.
func (RepositoryOptsOutput) ElementType() reflect.Type { return reflect.TypeFor[RepositoryOpts]() }

// ToRepositoryOptsOutput is part of RepositoryOptsInput.
func (o RepositoryOptsOutput) ToRepositoryOptsOutput() RepositoryOptsOutput { return o }

// ToRepositoryOptsOutputWithContext is part of RepositoryOptsInput.
func (o RepositoryOptsOutput) ToRepositoryOptsOutputWithContext(context.Context) RepositoryOptsOutput {
	return o
}

func init() {
	pulumi.RegisterInputType(reflect.TypeFor[PostRendererInput](), PostRendererArgs{})
	pulumi.RegisterInputType(reflect.TypeFor[RepositoryOptsInput](), RepositoryOptsArgs{})
	pulumi.RegisterOutputType(PostRendererOutput{})
	pulumi.RegisterOutputType(RepositoryOptsOutput{})
}
