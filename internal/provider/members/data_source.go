package members

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk/recipe"
)

// DataSource is the data source zookeeper_members.
type DataSource struct{ session.DataSource }

var _ datasource.DataSourceWithConfigure = (*DataSource)(nil)

// NewDataSource returns the data source.
func NewDataSource() datasource.DataSource { return new(DataSource) }

// Metadata tells the data source's name.
func (d *DataSource) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = "zookeeper_members"
}

// Schema describes the data source.
func (d *DataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Reads who is in a party, a group or a service at the moment. The provider itself joins none.",
		Attributes: map[string]schema.Attribute{
			"path": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Absolute path of the node whose children are the members. Of a service it is that of the service, below the base path of the discovery.",
				Validators:          []validator.String{attr.Path()},
			},
			"recipe": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "What the members use: `party` or `shallow_party` for the `Party` and `ShallowParty` of [kazoo](https://kazoo.readthedocs.io/en/latest/api/recipe/party.html), " +
					"`group` for Curator's `GroupMember`, `service` for Curator's service discovery.",
				Validators: []validator.String{stringvalidator.OneOf(party, shallowParty, group, service)},
			},
			"members": schema.MapAttribute{
				Computed:    true,
				ElementType: types.StringType,
				MarkdownDescription: "What each member's node holds, by the member's identifier; empty when nobody is there. " +
					"Of a party it is the identifier again, of a service the instance as JSON, for `jsondecode`. Data that is not UTF-8 is null.",
			},
		},
	}
}

// Read reads the members.
func (d *DataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	const doing = "read the members of"
	about := diagnose.Subject{Path: m.Path.ValueString(), Presented: d.Session.Presented, Run: d.Session}
	client, err := d.Session.Client(ctx)
	if err != nil {
		resp.Diagnostics.Append(about.Error(doing, err))
		return
	}
	var all []recipe.Member
	p, err := m.party(client)
	if err == nil {
		all, err = p.Members(ctx)
	}
	if err != nil {
		resp.Diagnostics.Append(about.Error(doing, err))
		return
	}
	if err := m.set(all); err != nil {
		resp.Diagnostics.AddError("Members have the same identifier", attr.Sentence(err)+"\n\nGive each of them its own. The data source zookeeper_children lists the nodes.")
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
