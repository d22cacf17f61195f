package serverversion

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"

	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/session"
)

// DataSource is the data source zookeeper_server_version.
type DataSource struct{ session.DataSource }

var _ datasource.DataSourceWithConfigure = (*DataSource)(nil)

// NewDataSource returns the data source.
func NewDataSource() datasource.DataSource { return new(DataSource) }

// Metadata tells the data source's name.
func (d *DataSource) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = "zookeeper_server_version"
}

// Schema describes the data source.
func (d *DataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Tells the version of the server that the provider is connected to, and its part in the ensemble. " +
			"It asks with the four-letter word `srvr`, which servers allow by default.",
		Attributes: map[string]schema.Attribute{
			"version":  schema.StringAttribute{Computed: true, MarkdownDescription: "Version, as in `3.9.4`."},
			"major":    schema.Int64Attribute{Computed: true, MarkdownDescription: "First number of the version."},
			"minor":    schema.Int64Attribute{Computed: true, MarkdownDescription: "Second number of the version."},
			"patch":    schema.Int64Attribute{Computed: true, MarkdownDescription: "Third number of the version."},
			"revision": schema.StringAttribute{Computed: true, MarkdownDescription: "Commit that the server was built from."},
			"mode":     schema.StringAttribute{Computed: true, MarkdownDescription: "`standalone`, `leader`, `follower`, `observer` or `read-only`."},
			"server":   schema.StringAttribute{Computed: true, MarkdownDescription: "Address of the server that answered, as `ip:port`. With several servers another one may answer next time."},
		},
	}
}

// Read asks the server.
func (d *DataSource) Read(ctx context.Context, _ datasource.ReadRequest, resp *datasource.ReadResponse) {
	const doing = "ask the server for its version"
	about := diagnose.Subject{Presented: d.Session.Presented}
	client, err := d.Session.Client(ctx)
	if err != nil {
		resp.Diagnostics.Append(about.Error(doing, err))
		return
	}
	info, err := client.ServerInfo(ctx)
	if err != nil {
		resp.Diagnostics.Append(about.Error(doing, err))
		return
	}
	m := newModel(info)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
