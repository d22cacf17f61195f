package sequentialznode

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/node"
)

var _ resource.ResourceWithMoveState = (*Resource)(nil)

// MoveState makes a zookeeper_sequential_znode of a node that has a number, and of the
// resources of tfzk/zookeeper.
func (r *Resource) MoveState(context.Context) []resource.StateMover {
	return node.Movers("zookeeper_znode", func(ctx context.Context, from node.Moved, resp *resource.MoveStateResponse) {
		prefix, err := prefixOf(from.Path.ValueString())
		if err != nil {
			resp.Diagnostics.Append(notSequential(from.Path.ValueString(), err))
			return
		}
		state := resourceModel{Node: from.Node, PathPrefix: types.StringValue(prefix), Path: from.Path}
		resp.Diagnostics.Append(resp.TargetState.Set(ctx, &state)...)
		resp.Diagnostics.Append(r.SetIdentity(ctx, resp.TargetIdentity, state.Path)...)
	})
}
