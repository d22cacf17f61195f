package znode

import (
	"github.com/hashicorp/terraform-plugin-framework/path"
)

// replacing returns the attributes that a plan cannot change on the node that there is.
// kindAssumed tells that the kind in the state was never known: then the one that is
// declared is taken on trust, and nothing is deleted and made again for it.
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
	// Of a node without a time to live, ignore_changes can keep a ttl_ms that means nothing.
	if plan.Mode.ValueString() == modeTTL && !plan.TTLMillis.Equal(state.TTLMillis) {
		paths.Append(path.Root("ttl_ms"))
	}
	return paths
}

// keptKind returns the attribute that a plan would change by making another node of the same path,
// where the state says that the node is to stay.
func keptKind(replaced path.Paths, plan, state *resourceModel) (path.Path, bool) {
	if len(replaced) == 0 || !state.Keeps() || !plan.Path.Equal(state.Path) || state.Mode.ValueString() == modeEphemeral {
		return path.Empty(), false
	}
	return replaced[0], true
}
