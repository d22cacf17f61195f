package znode

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"

	"terraform-provider-zookeeper/internal/provider/node"
)

// UpgradeState takes over states of tfzk/zookeeper, whose zookeeper_znode has version 0.
func (r *Resource) UpgradeState(context.Context) map[int64]resource.StateUpgrader {
	prior := schema.Schema{Attributes: node.TFZKAttributes()}
	return map[int64]resource.StateUpgrader{0: {PriorSchema: &prior, StateUpgrader: upgradeTFZK}}
}

// upgradeTFZK converts a state. Its path is its id.
func upgradeTFZK(ctx context.Context, req resource.UpgradeStateRequest, resp *resource.UpgradeStateResponse) {
	var old node.TFZKNode
	resp.Diagnostics.Append(req.State.Get(ctx, &old)...)
	if resp.Diagnostics.HasError() {
		return
	}
	state := adopted(old.Node(), old.Path)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}
