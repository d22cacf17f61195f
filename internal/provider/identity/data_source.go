package identity

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"

	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/session"
)

// DataSource is the data source zookeeper_identity.
type DataSource struct{ session.DataSource }

var _ datasource.DataSourceWithConfigure = (*DataSource)(nil)

// NewDataSource returns the data source.
func NewDataSource() datasource.DataSource { return new(DataSource) }

// Metadata tells the data source's name.
func (d *DataSource) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = "zookeeper_identity"
}

// Schema describes the data source.
func (d *DataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Tells whom the servers take the provider for, as they say it themselves. It needs ZooKeeper 3.7 or later.",
		Attributes: map[string]schema.Attribute{
			"identities": schema.SetNestedAttribute{
				Computed:            true,
				MarkdownDescription: "All identities of the provider's session, its address among them.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"scheme": schema.StringAttribute{Computed: true, MarkdownDescription: "Scheme, such as `x509`, `sasl`, `digest` or `ip`; `super` for the servers' super user."},
					"id":     schema.StringAttribute{Computed: true, MarkdownDescription: "Id, as an ACL entry of `x509`, `sasl` or `ip` has it. Of `digest` it is the user alone, without the hash that an ACL entry has: see the function `digest`."},
				}},
			},
		},
	}
}

// Read asks the server.
func (d *DataSource) Read(ctx context.Context, _ datasource.ReadRequest, resp *datasource.ReadResponse) {
	const doing = "ask the server whom it takes the provider for"
	about := diagnose.Subject{Presented: d.Session.Presented}
	client, err := d.Session.Client(ctx)
	if err != nil {
		resp.Diagnostics.Append(about.Error(doing, err))
		return
	}
	all, err := client.WhoAmI(ctx)
	if err != nil {
		resp.Diagnostics.Append(about.Error(doing, err))
		return
	}
	m := newModel(all)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
