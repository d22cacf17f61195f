package front

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"terraform-provider-zookeeper/internal/provider/session"
)

// A Resource answers requests about one without the framework, see package direct. What it
// reports false for is the framework's.
type Resource interface {
	UpgradeResourceState(context.Context, *session.Session, *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, bool)
	ValidateResourceConfig(context.Context, *session.Session, *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, bool)
	ReadResource(context.Context, *session.Session, *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, bool)
	PlanResourceChange(context.Context, *session.Session, *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, bool)
	ApplyResourceChange(context.Context, *session.Session, *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, bool)
}

// A DataSource is the same of a data source.
type DataSource interface {
	ReadDataSource(context.Context, *session.Session, *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, bool)
}

// Direct has resources and data sources, by type, answer without the framework. Session is that of
// the provider's configuration; it returns nil before that.
type Direct struct {
	Resources   map[string]Resource
	DataSources map[string]DataSource
	Session     func() *session.Session
}

// director asks the resources that can answer without the framework first.
type director struct {
	frameworkServer

	direct Direct
}

// answered is the answer of one of several that can do without the framework, by their types, or
// the framework's.
func answered[By, Req, Resp any](
	ctx context.Context, by map[string]By, typ string, of func() *session.Session, req Req,
	direct func(By, context.Context, *session.Session, Req) (Resp, bool), framework func(context.Context, Req) (Resp, error),
) (Resp, error) {
	if one, ok := by[typ]; ok {
		if resp, ok := direct(one, ctx, of(), req); ok {
			return resp, nil
		}
	}
	return framework(ctx, req)
}

// none reports whether a state is that of a resource that does not exist. The framework, and what
// it calls, takes it for granted that one of two states exists. The protocol does not say so.
func none(state *tfprotov6.DynamicValue) bool {
	if state == nil {
		return false
	}
	null, err := state.IsNull()
	return null && err == nil
}

// UpgradeResourceState is direct where it can be.
func (d director) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	return answered(ctx, d.direct.Resources, req.TypeName, d.direct.Session, req, Resource.UpgradeResourceState, d.frameworkServer.UpgradeResourceState)
}

// ValidateResourceConfig is direct where it can be.
func (d director) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return answered(ctx, d.direct.Resources, req.TypeName, d.direct.Session, req, Resource.ValidateResourceConfig, d.frameworkServer.ValidateResourceConfig)
}

// ReadResource is direct where it can be.
func (d director) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return answered(ctx, d.direct.Resources, req.TypeName, d.direct.Session, req, Resource.ReadResource, d.frameworkServer.ReadResource)
}

// PlanResourceChange is direct where it can be.
func (d director) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	if none(req.PriorState) && none(req.ProposedNewState) {
		return &tfprotov6.PlanResourceChangeResponse{PlannedState: req.ProposedNewState, PlannedPrivate: req.PriorPrivate, PlannedIdentity: req.PriorIdentity}, nil
	}
	return answered(ctx, d.direct.Resources, req.TypeName, d.direct.Session, req, Resource.PlanResourceChange, d.frameworkServer.PlanResourceChange)
}

// ApplyResourceChange is direct where it can be.
func (d director) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	if none(req.PriorState) && none(req.PlannedState) {
		return &tfprotov6.ApplyResourceChangeResponse{NewState: req.PlannedState, Private: req.PlannedPrivate, NewIdentity: req.PlannedIdentity}, nil
	}
	return answered(ctx, d.direct.Resources, req.TypeName, d.direct.Session, req, Resource.ApplyResourceChange, d.frameworkServer.ApplyResourceChange)
}

// ReadDataSource is direct where it can be.
func (d director) ReadDataSource(ctx context.Context, req *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	return answered(ctx, d.direct.DataSources, req.TypeName, d.direct.Session, req, DataSource.ReadDataSource, d.frameworkServer.ReadDataSource)
}
