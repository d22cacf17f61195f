package front

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-zookeeper/internal/provider/attr"
)

// generator generates configuration for resources that are imported (-generate-config-out).
// Left alone, the framework makes an argument of the ACL that a server has shown, and that may
// be one that nobody may write. It has no means yet to say otherwise. CLIs before Terraform
// 1.14, and OpenTofu, do not ask: they write the ACL, and it is valid as long as it stays as it
// is.
type generator struct{ frameworkServer }

// GetMetadata tells that the provider generates configuration. The framework does, but does
// not tell.
func (g generator) GetMetadata(ctx context.Context, req *tfprotov6.GetMetadataRequest) (*tfprotov6.GetMetadataResponse, error) {
	resp, err := g.frameworkServer.GetMetadata(ctx, req)
	if err == nil && resp.ServerCapabilities != nil {
		resp.ServerCapabilities.GenerateResourceConfig = true
	}
	return resp, err
}

// GetProviderSchema tells it too.
func (g generator) GetProviderSchema(ctx context.Context, req *tfprotov6.GetProviderSchemaRequest) (*tfprotov6.GetProviderSchemaResponse, error) {
	resp, err := g.frameworkServer.GetProviderSchema(ctx, req)
	if err == nil && resp.ServerCapabilities != nil {
		resp.ServerCapabilities.GenerateResourceConfig = true
	}
	return resp, err
}

// GenerateResourceConfig returns the configuration of a resource with a state.
func (g generator) GenerateResourceConfig(ctx context.Context, req *tfprotov6.GenerateResourceConfigRequest) (*tfprotov6.GenerateResourceConfigResponse, error) {
	resp, err := g.frameworkServer.GenerateResourceConfig(ctx, req)
	if err != nil || resp.Config == nil {
		return resp, err
	}
	schemas, err := g.GetProviderSchema(ctx, new(tfprotov6.GetProviderSchemaRequest))
	if err != nil {
		return nil, err
	}
	typ := schemas.ResourceSchemas[req.TypeName].ValueType()
	config, err := resp.Config.Unmarshal(typ)
	if err != nil {
		return nil, err
	}
	state, err := req.State.Unmarshal(typ)
	if err != nil {
		return nil, err
	}
	if config, err = declarable(ctx, config, state); err != nil {
		return nil, err
	}
	generated, err := tfprotov6.NewDynamicValue(typ, config)
	if err != nil {
		return nil, err
	}
	resp.Config = &generated
	return resp, nil
}

// declarable puts the ACL of a state into a configuration as it is: the framework makes null
// of an empty string, and an entry has all of its attributes. An ACL that nobody may write is
// left out of the configuration of a node, which need not have one.
func declarable(ctx context.Context, config, state tftypes.Value) (tftypes.Value, error) {
	var attributes, was map[string]tftypes.Value
	if err := errors.Join(config.As(&attributes), state.As(&was)); err != nil || attributes["acl"].IsNull() {
		return config, err
	}
	attributes["acl"] = was["acl"]
	acl, err := attr.ACLType.ValueFromTerraform(ctx, was["acl"])
	if err != nil {
		return config, err
	}
	b64, of := attributes["data_base64"]
	isNode := of && b64.Type().Is(tftypes.String)
	if set, ok := acl.(types.Set); ok && isNode && attr.CheckACL(path.Root("acl"), set).HasError() {
		attributes["acl"] = tftypes.NewValue(was["acl"].Type(), nil)
	}
	return tftypes.NewValue(config.Type(), attributes), nil
}
