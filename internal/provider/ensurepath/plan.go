package ensurepath

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// ModifyPlan completes a plan, and checks what the apply would do.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if r.Session == nil {
		return
	}
	var plan resourceModel
	var state *resourceModel
	if !req.State.Raw.IsNull() {
		state = new(resourceModel)
		resp.Diagnostics.Append(req.State.Get(ctx, state)...)
	}
	if !req.Plan.Raw.IsNull() {
		resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	if req.Plan.Raw.IsNull() { // a deletion
		resp.Diagnostics.Append(r.planDeletion(ctx, state, resp.Private)...)
	}
	resp.Diagnostics.Append(r.renamed(&plan, state)...)
	if req.Plan.Raw.IsNull() {
		return
	}
	resp.Diagnostics.Append(diagnose.ForgetSuccession(ctx, resp.Private)...)
	author, diags := attr.LoadAuthor(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if state != nil {
		r.Session.AskAhead(ctx)
	}
	plan, makes := complete(plan, state, r.Session.Identities())
	if state != nil && r.Session.Foreign(author, plan.ACL) {
		// The apply sets the ACL of the existing nodes again.
		plan.Stat = types.ObjectUnknown(attr.StatType.AttrTypes)
		if plan.ACL.Equal(state.ACL) {
			resp.Diagnostics.Append(diag.WithPath(path.Root("acl"), r.subject(plan.Path).Foreign()))
		}
	}
	resp.Diagnostics.Append(r.check(ctx, &plan, state, makes)...)
	if makes && !plan.Path.IsUnknown() && !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(r.subject(plan.Path).Twins(ctx, r.Session)...)
	}
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
		resp.Diagnostics.Append(r.planHolding(ctx, &plan, state)...)
	}
}

// planDeletion finds out which of the nodes that the resource created another one keeps.
func (r *Resource) planDeletion(ctx context.Context, state *resourceModel, private attr.PrivateState) diag.Diagnostics {
	if state.OnDestroy.ValueString() == keep {
		return nil
	}
	made, diags := state.made(ctx)
	_, more := r.subject(state.Path).PlanDestruction(ctx, private, session.Whole, false, pathsOf(made)...)
	return append(diags, more...)
}

// planHolding tells destructions of the same plan which nodes the resource has afterwards.
func (r *Resource) planHolding(ctx context.Context, plan, state *resourceModel) diag.Diagnostics {
	switch {
	case plan.Path.IsUnknown():
		return nil
	case state == nil || !plan.Path.Equal(state.Path):
		r.Session.Creates(session.Whole, session.Persistent, plan.Path.ValueString())
		return nil
	}
	made, diags := state.made(ctx)
	all := append(pathsOf(made), plan.Path.ValueString())
	diags.Append(r.subject(plan.Path).UndoneBesides(r.Session.Keeps(session.Whole, all...))...)
	return diags
}

// complete computes what a plan leaves open from the state, which is nil when there is none, and
// reports whether the apply makes what is missing of the path. Where the path is there, what is
// computed stays as it is.
func complete(plan resourceModel, state *resourceModel, self []attr.Identity) (completed resourceModel, makes bool) {
	if state != nil {
		plan.ACL = attr.PlanACL(plan.ACL, state.ACL, self)
		if !state.Stat.IsNull() && plan.Path.Equal(state.Path) {
			plan.Created, plan.Czxids, plan.Stat = state.Created, state.Czxids, state.Stat
			return plan, false
		}
	}
	plan.Created = types.ListUnknown(types.StringType)
	plan.Czxids = types.MapUnknown(types.Int64Type)
	plan.Stat = types.ObjectUnknown(attr.StatType.AttrTypes)
	return plan, true
}

// check checks a plan. What stays as it is in the state is not looked at: ignore_changes may have
// put it there.
func (r *Resource) check(ctx context.Context, plan, state *resourceModel, makes bool) (diags diag.Diagnostics) {
	if makes || !plan.ACL.Equal(state.ACL) {
		// What was unknown when the configuration was validated may be known by now.
		diags.Append(r.Session.CheckACL(path.Root("acl"), plan.ACL)...)
	}
	if makes && plan.ACL.IsNull() {
		nodes := "the znodes that are missing on its path"
		if !plan.Path.IsUnknown() {
			nodes = fmt.Sprintf("at most %s, what is missing of %q", diagnose.Count(len(way(plan.Path.ValueString())), "znode", "znodes"), plan.Path.ValueString())
		}
		diags.Append(r.subject(plan.Path).OpenNodes(nodes)...)
	}
	if !makes || plan.Path.IsUnknown() {
		return diags
	}
	if err := r.Session.CheckManaged(plan.Path.ValueString()); err != nil {
		diags.AddAttributeError(path.Root("path"), "Invalid path of a znode", attr.Sentence(err))
	}
	if !diags.HasError() {
		diags.Append(r.checkSize(plan)...)
		diags.Append(r.checkLockout(ctx, plan)...)
	}
	return diags
}

// checkSize refuses what the servers would not take. Which nodes are missing no plan can know: the
// smallest request makes the last one alone.
func (r *Resource) checkSize(plan *resourceModel) diag.Diagnostics {
	acl, err := attr.ACLFrom(plan.ACL)
	if err != nil {
		return nil // validation has told
	}
	if acl == nil && !plan.ACL.IsNull() {
		acl = []zk.ACL{} // what is not known yet takes no room
	}
	err = r.Session.CheckBatch(zk.Batch{Writes: []zk.Write{{Kind: zk.WriteEnsure, Path: plan.Path.ValueString()}}, ACL: acl})
	if tooLarge, ok := errors.AsType[*zk.TooLargeError](err); ok {
		return diag.Diagnostics{diag.WithPath(path.Root("acl"), r.subject(plan.Path).ACLTooLarge(tooLarge))}
	}
	return nil
}

// checkLockout warns of an ACL that keeps the provider from the nodes that it makes, and where there
// may be more than one, from making one below another and from removing it again.
func (r *Resource) checkLockout(ctx context.Context, plan *resourceModel) diag.Diagnostics {
	acl, err := attr.ACLFrom(plan.ACL)
	if err != nil {
		return nil // validation has told
	}
	need := zk.PermRead | zk.PermAdmin
	if zk.Parent(plan.Path.ValueString()) != "/" {
		need |= zk.PermCreate | zk.PermDelete
	}
	if plan.ACL.IsNull() {
		acl = r.Session.DefaultACL()
	}
	if lost := r.Session.LockedOut(ctx, acl, need); lost != 0 {
		return diag.Diagnostics{diag.WithPath(path.Root("acl"), r.subject(plan.Path).LockedOut(lost))}
	}
	return nil
}

// renamed warns where the resource looks like one that was renamed.
func (r *Resource) renamed(plan, state *resourceModel) diag.Diagnostics {
	var before types.String
	if state != nil {
		before = state.Path
	}
	if !r.Session.Plans(typeName, before.ValueString(), plan.Path.ValueString()) {
		return nil
	}
	at := plan.Path
	if plan.Path.ValueString() == "" {
		at = before
	}
	return diag.Diagnostics{r.subject(at).Renamed(withoutMoved)}
}
