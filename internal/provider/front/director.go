package front

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"terraform-provider-zookeeper/internal/provider/session"
)

// A Resource answers requests about one without the framework, see package direct. What it
// reports false for is the framework's.
type Resource interface {
	UpgradeResourceState(context.Context, *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, bool)
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

// UpgradeResourceState is direct where it can be.
func (d director) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	if r, ok := d.direct.Resources[req.TypeName]; ok {
		if resp, ok := r.UpgradeResourceState(ctx, req); ok {
			return resp, nil
		}
	}
	return d.frameworkServer.UpgradeResourceState(ctx, req)
}

// ValidateResourceConfig is direct where it can be.
func (d director) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	if r, ok := d.direct.Resources[req.TypeName]; ok {
		if resp, ok := r.ValidateResourceConfig(ctx, d.direct.Session(), req); ok {
			return resp, nil
		}
	}
	return d.frameworkServer.ValidateResourceConfig(ctx, req)
}

// ReadResource is direct where it can be.
func (d director) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	if r, ok := d.direct.Resources[req.TypeName]; ok {
		if resp, ok := r.ReadResource(ctx, d.direct.Session(), req); ok {
			return resp, nil
		}
	}
	return d.frameworkServer.ReadResource(ctx, req)
}

// PlanResourceChange is direct where it can be.
func (d director) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	if r, ok := d.direct.Resources[req.TypeName]; ok {
		if resp, ok := r.PlanResourceChange(ctx, d.direct.Session(), req); ok {
			return resp, nil
		}
	}
	return d.frameworkServer.PlanResourceChange(ctx, req)
}

// ApplyResourceChange is direct where it can be.
func (d director) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	if r, ok := d.direct.Resources[req.TypeName]; ok {
		if resp, ok := r.ApplyResourceChange(ctx, d.direct.Session(), req); ok {
			return resp, nil
		}
	}
	return d.frameworkServer.ApplyResourceChange(ctx, req)
}

// ReadDataSource is direct where it can be.
func (d director) ReadDataSource(ctx context.Context, req *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	if s, ok := d.direct.DataSources[req.TypeName]; ok {
		if resp, ok := s.ReadDataSource(ctx, d.direct.Session(), req); ok {
			return resp, nil
		}
	}
	return d.frameworkServer.ReadDataSource(ctx, req)
}
