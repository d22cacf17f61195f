package session

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
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
