package front

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"terraform-provider-zookeeper/internal/provider/session"
)

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
