package wait

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/float64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/session"
)

// Action is the action zookeeper_wait.
type Action struct{ session.Action }

var (
	_ action.ActionWithConfigure      = (*Action)(nil)
	_ action.ActionWithValidateConfig = (*Action)(nil)
)

// NewAction returns the action.
func NewAction() action.Action { return new(Action) }

// Metadata tells the action's name.
func (a *Action) Metadata(_ context.Context, _ action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = typeName
}

// Schema describes the action.
func (a *Action) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Waits for a znode, and shows what it sees meanwhile. It waits by a watch: the provider asks the servers again only when they tell of a change. Losing the connection does not end the wait.",
		Attributes: map[string]schema.Attribute{
			"path":              schema.StringAttribute{Required: true, MarkdownDescription: describePath, Validators: []validator.String{attr.Path()}},
			"condition":         schema.StringAttribute{Optional: true, MarkdownDescription: describeCondition, Validators: []validator.String{stringvalidator.OneOf(conditions...)}},
			"expected_data":     schema.StringAttribute{Optional: true, MarkdownDescription: describeData},
			"expected_children": schema.Int64Attribute{Optional: true, MarkdownDescription: describeChildren, Validators: []validator.Int64{int64validator.AtLeast(1)}},
			"timeout":           schema.Float64Attribute{Optional: true, MarkdownDescription: describeTimeout, Validators: []validator.Float64{float64validator.Between(0, maxTimeout.Seconds())}},
		},
	}
}

// ValidateConfig checks what the condition is compared with.
func (a *Action) ValidateConfig(ctx context.Context, req action.ValidateConfigRequest, resp *action.ValidateConfigResponse) {
	var c condition
	resp.Diagnostics.Append(req.Config.Get(ctx, &c)...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(c.check()...)
	}
}

// Invoke waits.
func (a *Action) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var c condition
	resp.Diagnostics.Append(req.Config.Get(ctx, &c)...)
	if resp.Diagnostics.HasError() {
		return
	}
	at := attr.Quoted(c.Path.ValueString())
	found, diags := c.run(ctx, a.Session, func(s seen) {
		resp.SendProgress(action.InvokeProgressEvent{Message: fmt.Sprintf("Waiting for %s: %s", at, c.describe(s))})
	})
	resp.Diagnostics.Append(diags...)
	if !resp.Diagnostics.HasError() {
		resp.SendProgress(action.InvokeProgressEvent{Message: fmt.Sprintf("Waited for %s: %s", at, c.reached(found))})
	}
}
