package cleartree

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/session"
)

// Action is the action zookeeper_clear.
type Action struct{ session.Action }

var _ action.ActionWithConfigure = (*Action)(nil)

// NewAction returns the action.
func NewAction() action.Action { return new(Action) }

// model is the action as the framework decodes it.
type model struct {
	Path types.String `tfsdk:"path"`
}

// Metadata tells the action's name.
func (a *Action) Metadata(_ context.Context, _ action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = "zookeeper_clear"
}

// Schema describes the action.
func (a *Action) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Deletes everything below a znode, and keeps the node itself. Use it to empty a queue, or to have caches filled again.\n\n" +
			"The nodes go from the bottom up, a thousand in a transaction at most, and the action tells how many after each. What others add while it runs is deleted too. When it is interrupted or fails, the rest stays: invoke it again to go on.\n\n" +
			"**It asks nobody.** Ephemeral nodes of other clients are deleted as well, such as the members of a group or those who wait for a lock. " +
			"If resources of a configuration have nodes there, the next plan creates them again. To keep a copy, invoke [`zookeeper_export`](export.md) first.",
		Attributes: map[string]schema.Attribute{
			"path": schema.StringAttribute{Required: true, MarkdownDescription: "Absolute path of the node. `/`, `/zookeeper` and what is below that cannot be cleared, nor a node above the lock that the run holds.", Validators: []validator.String{attr.ManagedPath()}},
		},
	}
}

// Invoke deletes what is below the node.
func (a *Action) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	about := diagnose.Subject{Path: m.Path.ValueString(), Presented: a.Session.Presented, Run: a.Session}
	tell := func(format string, args ...any) {
		resp.SendProgress(action.InvokeProgressEvent{Message: fmt.Sprintf(format, args...)})
	}
	deleted, err := a.clear(ctx, about.Path, func(deleted, left int) {
		tell("Deleted %s below %s, %d left", diagnose.Count(deleted, "node", "nodes"), attr.Quoted(about.Path), left)
	})
	if err != nil {
		resp.Diagnostics.Append(failed(about, err))
		return
	}
	tell("Cleared %s: deleted %s", attr.Quoted(about.Path), diagnose.Count(deleted, "node", "nodes"))
}

// clear deletes what is below the node, and returns how many nodes that were. It tells what is left while
// there is something.
func (a *Action) clear(ctx context.Context, nodePath string, tell func(deleted, left int)) (deleted int, err error) {
	if err := a.Session.CheckManaged(nodePath); err != nil {
		return 0, err
	}
	client, err := a.Session.Client(ctx)
	if err != nil {
		return 0, err
	}
	for _, held := range append([]string{a.Session.LockPath()}, a.Session.Contenders()...) {
		if session.Within(held, nodePath) {
			return 0, &lockedError{held}
		}
	}
	err = client.Clear(ctx, nodePath, func(paths []string, left int) {
		a.Session.Deleted(paths...)
		deleted += len(paths)
		if left > 0 {
			tell(deleted, left)
		}
	})
	return deleted, err
}
