package children

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// DataSource is the data source zookeeper_children.
type DataSource struct{ session.DataSource }

var _ datasource.DataSourceWithConfigure = (*DataSource)(nil)

// NewDataSource returns the data source.
func NewDataSource() datasource.DataSource { return new(DataSource) }

// Metadata tells the data source's name.
func (d *DataSource) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = "zookeeper_children"
}

// Schema describes the data source.
func (d *DataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists the children of a znode.",
		Attributes: map[string]schema.Attribute{
			"path": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Absolute path of the node; `/` is the root, or the chroot of the provider's `servers`.",
				Validators:          []validator.String{attr.Path()},
			},
			"children": schema.ListAttribute{
				Computed:    true,
				ElementType: types.StringType,
				MarkdownDescription: "Names of the children, without the path, sorted. " +
					"Terraform and OpenTofu bring all text to Unicode's form NFC. A name in another form is therefore written in quotes and with its bytes, as in `\"cafe\\xcc\\x81\"`, and a warning names it. So is a name that itself begins and ends with a quotation mark.",
			},
			"stat": attr.DataSourceStat(),
		},
	}
}

// Read lists the children.
func (d *DataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	const doing = "list the children of the znode"
	about := diagnose.Subject{Path: m.Path.ValueString(), Presented: d.Session.Presented, Run: d.Session}
	client, err := d.Session.Client(ctx)
	if err != nil {
		resp.Diagnostics.Append(about.Error(doing, err))
		return
	}
	names, stat, err := client.Children(ctx, m.Path.ValueString())
	if err != nil {
		resp.Diagnostics.Append(about.Error(doing, err))
		if errors.Is(err, zk.ErrNoNode) {
			resp.Diagnostics.Append(about.Twins(ctx, d.Session)...)
		}
		return
	}
	if unnamed := m.set(names, stat); unnamed.Count > 0 {
		resp.Diagnostics.Append(about.Unnamed(unnamed, "The attribute children has them as they are written above, with the quotation marks."))
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
