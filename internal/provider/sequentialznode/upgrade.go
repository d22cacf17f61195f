package sequentialznode

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/node"
)

// UpgradeState takes over states of tfzk/zookeeper, whose zookeeper_sequential_znode has
// version 0.
func (r *Resource) UpgradeState(context.Context) map[int64]resource.StateUpgrader {
	prior := schema.Schema{Attributes: node.TFZKAttributes()}
	prior.Attributes["path_prefix"] = schema.StringAttribute{Required: true}
	return map[int64]resource.StateUpgrader{0: {PriorSchema: &prior, StateUpgrader: upgradeTFZK}}
}

// tfzkModel is tfzk/zookeeper 1.4's zookeeper_sequential_znode.
type tfzkModel struct {
	node.TFZKNode
	PathPrefix types.String `tfsdk:"path_prefix"`
}

// upgradeTFZK converts a state. One that was imported has no prefix.
func upgradeTFZK(ctx context.Context, req resource.UpgradeStateRequest, resp *resource.UpgradeStateResponse) {
	var old tfzkModel
	resp.Diagnostics.Append(req.State.Get(ctx, &old)...)
	if resp.Diagnostics.HasError() {
		return
	}
	prefix := old.PathPrefix.ValueString()
	if prefix == "" {
		var err error
		if prefix, err = prefixOf(old.Path.ValueString()); err != nil {
			resp.Diagnostics.AddAttributeError(path.Root("path"), "State cannot be upgraded",
				"The state of tfzk/zookeeper has no path_prefix, and its path does not tell it: "+err.Error()+". Remove the resource from the state, and import the node.")
			return
		}
	}
	state := resourceModel{Node: old.Node(), PathPrefix: types.StringValue(prefix), Path: old.Path}
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}
