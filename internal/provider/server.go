package provider

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/session"
)

// NewServer returns what serves a provider to the CLI: the framework, but for one answer, and
// with what its sessions have found.
func NewServer(p *Provider) (tfprotov6.ProviderServer, error) {
	server := providerserver.NewProtocol6(p)()
	all, ok := server.(frameworkServer)
	if !ok {
		return nil, fmt.Errorf("%T has not all that the protocol knows of", server)
	}
	return teller{generator{counter{all, &p.sessions.Requests}}, p.sessions}, nil
}

// counter counts the requests that tell of one resource at a time: a plan of a destruction waits
// for the others, see [session.Session.Successors].
type counter struct {
	frameworkServer

	requests *session.Requests
}

// UpgradeResourceState is the framework's, counted.
func (c counter) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	defer c.requests.Begin()()
	return c.frameworkServer.UpgradeResourceState(ctx, req)
}

// ReadResource is the framework's, counted.
func (c counter) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	c.requests.Read()
	defer c.requests.Begin()()
	return c.frameworkServer.ReadResource(ctx, req)
}

// ImportResourceState is the framework's, counted.
func (c counter) ImportResourceState(ctx context.Context, req *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	defer c.requests.Begin()()
	return c.frameworkServer.ImportResourceState(ctx, req)
}

// MoveResourceState is the framework's, counted.
func (c counter) MoveResourceState(ctx context.Context, req *tfprotov6.MoveResourceStateRequest) (*tfprotov6.MoveResourceStateResponse, error) {
	defer c.requests.Begin()()
	return c.frameworkServer.MoveResourceState(ctx, req)
}

// ValidateResourceConfig is the framework's, counted.
func (c counter) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	defer c.requests.Begin()()
	return c.frameworkServer.ValidateResourceConfig(ctx, req)
}

// PlanResourceChange is the framework's, counted.
func (c counter) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	defer c.requests.Begin()()
	return c.frameworkServer.PlanResourceChange(ctx, req)
}

// ApplyResourceChange is the framework's. It is noted, and not counted: no plan waits for it.
func (c counter) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	c.requests.Apply()
	return c.frameworkServer.ApplyResourceChange(ctx, req)
}

// ReadDataSource is the framework's, counted.
func (c counter) ReadDataSource(ctx context.Context, req *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	defer c.requests.Begin()()
	return c.frameworkServer.ReadDataSource(ctx, req)
}

// frameworkServer is all that the framework's server implements: what serves it asks for
// each of the later additions by its own type.
type frameworkServer interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
	tfprotov6.StateStoreServer
}

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
