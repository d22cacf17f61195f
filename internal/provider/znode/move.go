package znode

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"

	"terraform-provider-zookeeper/internal/provider/node"
)

var _ resource.ResourceWithMoveState = (*Resource)(nil)

// MoveState makes a zookeeper_znode of a sequential node, and of the resources of
// tfzk/zookeeper.
func (r *Resource) MoveState(context.Context) []resource.StateMover {
	return node.Movers("zookeeper_sequential_znode", func(ctx context.Context, from node.Moved, resp *resource.MoveStateResponse) {
		state := adopted(from.Node, from.Path)
		resp.Diagnostics.Append(resp.TargetState.Set(ctx, &state)...)
		resp.Diagnostics.Append(r.SetIdentity(ctx, resp.TargetIdentity, state.Path)...)
	})
}
