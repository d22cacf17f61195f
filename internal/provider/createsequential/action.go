package createsequential

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// Action is the action zookeeper_create_sequential.
type Action struct{ session.Action }

var _ action.ActionWithConfigure = (*Action)(nil)

// NewAction returns the action.
func NewAction() action.Action { return new(Action) }

// model is the action as the framework decodes it.
type model struct {
	PathPrefix types.String `tfsdk:"path_prefix"`
	Data       types.String `tfsdk:"data"`
	DataBase64 types.String `tfsdk:"data_base64"`
}

// Metadata tells the action's name.
func (a *Action) Metadata(_ context.Context, _ action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = "zookeeper_create_sequential"
}

// Schema describes the action.
func (a *Action) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Creates a znode that the servers number, each time that it is invoked: an entry of a queue, or a notification that others wait for, such as Kafka's `/config/changes/config_change_`. " +
			"The node is in no state, and no resource deletes it. To manage such a node, use [`zookeeper_sequential_znode`](../resources/sequential_znode.md).",
		Attributes: map[string]schema.Attribute{
			"path_prefix": schema.StringAttribute{Required: true, MarkdownDescription: "Absolute path that the servers put a number of ten digits after, as in `/queue/entry-`. Parents that are missing are created.", Validators: []validator.String{attr.PathPrefix()}},
			"data": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Content of the node as UTF-8 text. **No place for secrets:** the CLIs show it. By default the node is empty.",
				Validators:          []validator.String{stringvalidator.ConflictsWith(path.MatchRoot("data_base64"))},
			},
			"data_base64": schema.StringAttribute{Optional: true, MarkdownDescription: "Content of the node as base64.", Validators: []validator.String{attr.Base64()}},
		},
	}
}

// Invoke creates the node.
func (a *Action) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	about := diagnose.Subject{Path: m.PathPrefix.ValueString(), Presented: a.Session.Presented, Run: a.Session, Sequential: true}
	options := zk.CreateOptions{Mode: zk.PersistentSequential, ACL: a.Session.DefaultACL(), MakeParents: true}
	data, err := attr.ContentOf(m.Data, m.DataBase64)
	if err == nil {
		err = a.Session.CheckManaged(about.Path + "0")
	}
	if err == nil {
		err = a.Session.CheckCreate(about.Path, data, options)
	}
	var created zk.Created
	if err == nil {
		created, err = a.Session.Create(ctx, about.Path, data, options)
	}
	if err != nil {
		resp.Diagnostics.Append(failed(about, err))
		return
	}
	resp.SendProgress(action.InvokeProgressEvent{Message: fmt.Sprintf("Created %s with %s", attr.Quoted(created.Path), diagnose.Count(len(data), "byte", "bytes"))})
}
