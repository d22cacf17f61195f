package set

import (
	"context"
	"errors"
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

// Action is the action zookeeper_set.
type Action struct{ session.Action }

var _ action.ActionWithConfigure = (*Action)(nil)

// NewAction returns the action.
func NewAction() action.Action { return new(Action) }

// model is the action as the framework decodes it.
type model struct {
	Path       types.String `tfsdk:"path"`
	Data       types.String `tfsdk:"data"`
	DataBase64 types.String `tfsdk:"data_base64"`
	Create     types.Bool   `tfsdk:"create"`
}

// Metadata tells the action's name.
func (a *Action) Metadata(_ context.Context, _ action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = "zookeeper_set"
}

// Schema describes the action.
func (a *Action) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Writes the data of a znode, whatever it holds, so that those who watch the node react. The write is in no state, and a plan shows no difference after it.\n\n" +
			"If a resource manages the node's data, its next plan undoes what the action has written. Use the action for nodes whose content others write.",
		Attributes: map[string]schema.Attribute{
			"path": schema.StringAttribute{Required: true, MarkdownDescription: "Absolute path of the node. `/`, `/zookeeper` and what is below that cannot be written.", Validators: []validator.String{attr.ManagedPath()}},
			"data": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Content of the node as UTF-8 text. **No place for secrets:** the CLIs show it.",
				Validators:          []validator.String{stringvalidator.ExactlyOneOf(path.MatchRoot("data"), path.MatchRoot("data_base64"))},
			},
			"data_base64": schema.StringAttribute{Optional: true, MarkdownDescription: "Content of the node as base64. Exactly one of `data` and `data_base64` is set.", Validators: []validator.String{attr.Base64()}},
			"create":      schema.BoolAttribute{Optional: true, MarkdownDescription: "Create the node when it does not exist, with the provider's `default_acl`, and so the parents that are missing. Default `false`."},
		},
	}
}

// Invoke writes.
func (a *Action) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	about := diagnose.Subject{Path: m.Path.ValueString(), Presented: a.Session.Presented, Run: a.Session}
	data, err := attr.ContentOf(m.Data, m.DataBase64)
	if err == nil {
		err = a.Session.CheckManaged(about.Path)
	}
	if err == nil {
		err = a.Session.CheckSet(about.Path, data)
	}
	var done string
	if err == nil {
		done, err = a.write(ctx, about.Path, data, m.Create.ValueBool())
	}
	if err != nil {
		resp.Diagnostics.Append(failed(about, err, m.Create.ValueBool()))
		return
	}
	resp.SendProgress(action.InvokeProgressEvent{Message: fmt.Sprintf("%s %s with %s", done, attr.Quoted(about.Path), diagnose.Count(len(data), "byte", "bytes"))})
}

// tries bounds how often a node is looked for that others create and delete at the same time.
const tries = 5

// write sets the data, or creates the node with it, and returns what it has done.
func (a *Action) write(ctx context.Context, nodePath string, data []byte, create bool) (done string, err error) {
	client, err := a.Session.Client(ctx)
	if err != nil {
		return "", err
	}
	for range tries {
		if _, err = client.Set(ctx, nodePath, data, zk.AnyVersion); err == nil || !create || !errors.Is(err, zk.ErrNoNode) {
			return "Wrote", err
		}
		_, err = a.Session.Create(ctx, nodePath, data, zk.CreateOptions{ACL: a.Session.DefaultACL(), MakeParents: true})
		if !errors.Is(err, zk.ErrNodeExists) {
			return "Created", err
		}
	}
	return "", err
}
