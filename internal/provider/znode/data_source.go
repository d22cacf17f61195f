package znode

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/node"
	"terraform-provider-zookeeper/internal/provider/session"
)

// DataSource is the data source zookeeper_znode.
type DataSource struct{ session.DataSource }

var _ datasource.DataSourceWithConfigure = (*DataSource)(nil)

// NewDataSource returns the data source.
func NewDataSource() datasource.DataSource { return new(DataSource) }

// Metadata tells the data source's name.
func (d *DataSource) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = TypeName
}

// Schema describes the data source.
func (d *DataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Reads one znode: its data, its ACL and its stat, all of the same moment.",
		Attributes: map[string]schema.Attribute{
			"path": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Absolute path of the node.",
				Validators:          []validator.String{attr.Path()},
			},
			"allow_missing": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Give `exists = false` when there is no such node. By default that is an error. Default `false`.",
			},
			"exists": schema.BoolAttribute{
				Computed:            true,
				MarkdownDescription: "Whether the node exists. When it does not, the other attributes are null.",
			},
			"data": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Content of the node as text; null when it is not UTF-8. " + attr.FormDescription,
			},
			"data_base64": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Content of the node as base64.",
			},
			"acl":  attr.DataSourceACL("Who may do what with the node. To a reader without the permission `a` the server shows digests as `user:x`."),
			"stat": attr.DataSourceStat(),
		},
	}
}

// Read reads the node.
func (d *DataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m dataSourceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	about := diagnose.Subject{Path: m.Path.ValueString(), Presented: d.Session.Presented, Run: d.Session}
	read, err := node.Read(ctx, d.Session, m.Path.ValueString())
	switch {
	case isNoNode(err) && m.AllowMissing.ValueBool():
		resp.Diagnostics.Append(about.Twins(ctx, d.Session)...)
		m.Exists = types.BoolValue(false)
		m.Data, m.DataBase64 = types.StringNull(), types.StringNull()
		m.ACL = types.SetNull(attr.ACLEntryType)
		m.Stat = types.ObjectNull(attr.StatType.AttrTypes)
	case isNoNode(err):
		resp.Diagnostics.Append(about.Missing(doingRead, err))
		resp.Diagnostics.Append(about.Twins(ctx, d.Session)...)
		return
	case err != nil:
		resp.Diagnostics.Append(about.Error(doingRead, err))
		return
	default:
		m.Exists = types.BoolValue(true)
		m.Data, m.DataBase64 = attr.DataValues(read.Data)
		m.ACL = attr.ACLValue(read.ACL)
		m.Stat = attr.StatValue(read.Stat)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
