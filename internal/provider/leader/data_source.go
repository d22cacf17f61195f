package leader

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
)

// DataSource is the data source zookeeper_leader.
type DataSource struct{ session.DataSource }

var _ datasource.DataSourceWithConfigure = (*DataSource)(nil)

// NewDataSource returns the data source.
func NewDataSource() datasource.DataSource { return new(DataSource) }

// Metadata tells the data source's name.
func (d *DataSource) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = "zookeeper_leader"
}

// Schema describes the data source.
func (d *DataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	contender := map[string]schema.Attribute{
		"node": schema.StringAttribute{Computed: true, MarkdownDescription: "Path of its ephemeral node."},
		"id":   schema.StringAttribute{Computed: true, MarkdownDescription: "Identifier that it gave. It is empty when it gave none, or when the provider may not read the node, and null when it is not UTF-8."},
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Reads an election: who leads, and who waits. The provider itself joins no election.",
		Attributes: map[string]schema.Attribute{
			"path": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Absolute path of the election's node.",
				Validators:          []validator.String{attr.Path()},
			},
			"recipe": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "What the contenders use: `leader_latch` or `leader_selector` for Curator's `LeaderLatch` and `LeaderSelector`, `election` for the `Election` of [kazoo](https://kazoo.readthedocs.io/en/latest/api/recipe/election.html). Contenders of another kind at this path are an error.",
				Validators:          []validator.String{stringvalidator.OneOf(leaderLatch, leaderSelector, election)},
			},
			"exists": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the election's node exists. When it does not, nobody has ever stood for it, or servers have removed it since."},
			"leader": schema.SingleNestedAttribute{Computed: true, Attributes: contender, MarkdownDescription: "Who leads; null when nobody does."},
			"contenders": schema.ListNestedAttribute{
				Computed:            true,
				NestedObject:        schema.NestedAttributeObject{Attributes: contender},
				MarkdownDescription: "The leader and those who wait, in the order in which they will lead.",
			},
		},
	}
}

// Read reads the election.
func (d *DataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	const doing = "read the election"
	about := diagnose.Subject{Path: m.Path.ValueString(), Presented: d.Session.Presented, Run: d.Session}
	client, err := d.Session.Client(ctx)
	if err != nil {
		resp.Diagnostics.Append(about.Error(doing, err))
		return
	}
	var line []recipe.Contender
	e, err := m.election(client)
	if err == nil {
		line, err = e.Line(ctx)
	}
	switch {
	case errors.Is(err, zk.ErrNoNode):
		m.setMissing()
	case errors.Is(err, recipe.ErrForeignContender):
		resp.Diagnostics.AddError("Election is of another recipe", otherRecipe(m.Path.ValueString(), err))
		return
	case err != nil:
		resp.Diagnostics.Append(about.Error(doing, err))
		return
	default:
		m.set(line)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
