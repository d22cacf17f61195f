package session

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// DataSource is embedded in each data source: it takes the session over from the provider.
type DataSource struct {
	// Session is nil until the provider has been configured; it is then that data sources
	// are read.
	Session *Session
}

// Configure takes the session over.
func (d *DataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	s, diags := FromProviderData(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	d.Session = s
}

// Resource is embedded in each resource and in each list of resources, which is configured
// as they are: it takes the session over from the provider.
type Resource struct {
	// Session is nil until the provider has been configured: a plan may come before that.
	Session *Session
}

// Configure takes the session over.
func (r *Resource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	s, diags := FromProviderData(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	r.Session = s
}

// EphemeralResource is embedded in each ephemeral resource: it takes the session over from
// the provider.
type EphemeralResource struct {
	// Session is nil until the provider has been configured; it is then that ephemeral
	// resources are opened.
	Session *Session
}

// Configure takes the session over.
func (e *EphemeralResource) Configure(_ context.Context, req ephemeral.ConfigureRequest, resp *ephemeral.ConfigureResponse) {
	s, diags := FromProviderData(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	e.Session = s
}

// Action is embedded in each action: it takes the session over from the provider.
type Action struct {
	// Session is nil until the provider has been configured; it is then that actions are invoked.
	Session *Session
}

// Configure takes the session over.
func (a *Action) Configure(_ context.Context, req action.ConfigureRequest, resp *action.ConfigureResponse) {
	s, diags := FromProviderData(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	a.Session = s
}
