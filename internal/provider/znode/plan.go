package znode

import (
	"github.com/hashicorp/terraform-plugin-framework/path"

	"terraform-provider-zookeeper/internal/provider/attr"
)

// complete computes what a plan leaves open from the configuration and from the state,
// which is nil when there is none; see [attr.PlanNode].
func complete(plan, config resourceModel, state *resourceModel, replaces bool, self []attr.Identity) resourceModel {
	if state == nil {
		plan.Node, plan.ParentACL = attr.PlanNode(config.Node, nil, replaces, self), config.ParentACL
		return plan
	}
	plan.Node = attr.PlanNode(config.Node, &state.Node, replaces, self)
	plan.ParentACL = attr.PlanACL(config.ParentACL, state.ParentACL, self)
	return plan
}

// replacing returns the attributes that a plan cannot change on the node that there is.
// kindAssumed tells that the kind in the state was never known: then the one that is
// declared is taken on trust, and nothing is deleted and made anew for it.
func replacing(plan, state *resourceModel, kindAssumed bool) path.Paths {
	var paths path.Paths
	if !plan.Path.Equal(state.Path) {
		paths.Append(path.Root("path"))
	}
	if kindAssumed && state.Mode.ValueString() != modeEphemeral {
		return paths
	}
	if !plan.Mode.Equal(state.Mode) {
		paths.Append(path.Root("mode"))
	}
	if !plan.TTLMillis.Equal(state.TTLMillis) {
		paths.Append(path.Root("ttl_ms"))
	}
	return paths
}
