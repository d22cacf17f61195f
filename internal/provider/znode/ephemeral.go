package znode

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/session"
)

// EphemeralResource is the ephemeral resource zookeeper_znode.
type EphemeralResource struct{ session.EphemeralResource }

var _ ephemeral.EphemeralResourceWithConfigure = (*EphemeralResource)(nil)

// NewEphemeralResource returns the ephemeral resource.
func NewEphemeralResource() ephemeral.EphemeralResource { return new(EphemeralResource) }

// Metadata tells the ephemeral resource's name.
func (e *EphemeralResource) Metadata(_ context.Context, _ ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = TypeName
}

// Schema describes the ephemeral resource.
func (e *EphemeralResource) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Reads the data of one znode for as long as a run needs it. What it reads is in no state and in no plan, so it may be a secret.\n\n" +
			"It is read again at each plan and at each apply, and may be used wherever ephemeral values may: in write-only attributes, in the configuration of providers, in provisioners. " +
			"The node must exist when it is read; one that the same run creates does not at plan time. Needs Terraform 1.10 or OpenTofu 1.11.",
		Attributes: map[string]schema.Attribute{
			"path": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Absolute path of the node.",
				Validators:          []validator.String{attr.Path()},
			},
			"data": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Content of the node as text; null when it is not UTF-8. " + attr.FormDescription,
			},
			"data_base64": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Content of the node as base64.",
			},
			"stat": attr.EphemeralStat(),
		},
	}
}

// Open reads the node.
func (e *EphemeralResource) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var m ephemeralModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	about := diagnose.Subject{Path: m.Path.ValueString(), Presented: e.Session.Presented, Run: e.Session}
	client, err := e.Session.Client(ctx)
	if err != nil {
		resp.Diagnostics.Append(about.Error(doingRead, err))
		return
	}
	data, stat, err := client.Get(ctx, m.Path.ValueString())
	if err != nil {
		resp.Diagnostics.Append(about.Error(doingRead, err))
		if isNoNode(err) {
			resp.Diagnostics.Append(about.Twins(ctx, e.Session)...)
		}
		return
	}
	m.Data, m.DataBase64 = attr.DataValues(data)
	m.Stat = attr.StatValue(stat)
	resp.Diagnostics.Append(resp.Result.Set(ctx, &m)...)
}
