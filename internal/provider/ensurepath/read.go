package ensurepath

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/session"
)

// refresh brings a state to what the server holds, and reports whether there is anything left of
// the resource: the path, or nodes that it made.
func (r *Resource) refresh(ctx context.Context, state *resourceModel, inDoubt *doubt) (there bool, diags diag.Diagnostics) {
	fail := func(err error) (bool, diag.Diagnostics) {
		return false, diag.Diagnostics{r.subject(state.Path).Error(doingRead, err)}
	}
	made, diags := state.made(ctx)
	if diags.HasError() {
		return false, diags
	}
	imported, missed := state.Created.IsNull(), state.Stat.IsNull() && inDoubt == nil
	if inDoubt != nil {
		client, err := r.Session.Client(ctx)
		if err != nil {
			return fail(err)
		}
		found, err := client.RecognizePath(ctx, inDoubt.Paths, inDoubt.making())
		if err != nil {
			return fail(err)
		}
		for _, node := range found {
			made = merged(made, []session.Made{{Path: node.Path, Czxid: node.Stat.Czxid}})
		}
	}
	left, _, anew, err := r.look(ctx, made)
	if err != nil {
		return fail(err)
	}
	stat, found, err := r.exists(ctx, state.Path.ValueString())
	switch {
	case err != nil:
		return fail(err)
	case !found && len(left) == 0 && inDoubt == nil:
		if d, ok := r.subject(state.Path).GoneWithChroot(ctx, doingRead); ok {
			return false, diag.Diagnostics{d}
		}
		return false, nil
	case !found && len(left) == 0:
		return false, nil
	}
	state.Stat = types.ObjectNull(attr.StatType.AttrTypes)
	if found {
		state.Stat = attr.StatValue(stat)
	}
	if found && missed && !imported {
		// It was to be made, and somebody has done so. What came with it came from the same hand.
		for _, path := range way(state.Path.ValueString()) {
			now, _, err := r.exists(ctx, path)
			if err != nil {
				return fail(err)
			}
			if now.Czxid == stat.Czxid && !has(left, path) && !slices.Contains(anew, path) {
				anew = append(anew, path)
			}
		}
	}
	if len(anew) > 0 {
		diags.Append(anewWarning(anew))
	}
	state.remember(left)
	return true, diags
}
