package znodeacl

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	fwattr "github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// complete computes what a plan leaves open from the configuration and from the state,
// which is nil when there is none, and reports whether the plan writes to the server, or to the
// record. self are the identities that the provider presents. With rewrites, the ACL is set
// although the state has it already: by somebody else, by an apply that was cut off, or when the
// provider presented others. With leaves, what is below stays as it differs.
//
// The framework marks every computed attribute as unknown as soon as anything differs, so
// nothing in plan is relied on for ACL, differing, record and stat: all of them are decided here.
func complete(plan, config resourceModel, state *resourceModel, self []attr.Identity, rewrites, leaves bool) (completed resourceModel, writes bool) {
	none := types.MapValueMust(types.StringType, map[string]fwattr.Value{})
	plan.ACL, plan.Differing = config.ACL, none
	writes = true
	if state != nil {
		plan.ACL = attr.PlanACL(config.ACL, state.ACL, self)
		if leaves {
			plan.Differing = state.Differing
		}
		writes = rewrites || !plan.Path.Equal(state.Path) || !plan.ACL.Equal(state.ACL) || !plan.Recursive.Equal(state.Recursive) || !plan.Exclude.Equal(state.Exclude) || !state.Differing.Equal(plan.Differing)
	}
	plan.Record, plan.Stat = types.StringUnknown(), types.ObjectUnknown(attr.StatType.AttrTypes)
	if !writes {
		plan.Record, plan.Stat = state.Record, state.Stat
	}
	return plan, writes
}

// ModifyPlan completes a plan, and checks what the apply would write.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if r.Session == nil {
		return
	}
	var plan, config resourceModel
	var state *resourceModel
	if !req.State.Raw.IsNull() {
		state = new(resourceModel)
		resp.Diagnostics.Append(req.State.Get(ctx, state)...)
	}
	if !req.Plan.Raw.IsNull() {
		resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
		resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	if req.Plan.Raw.IsNull() { // a deletion
		resp.Diagnostics.Append(r.planRestoration(ctx, state, resp.Private)...)
	}
	resp.Diagnostics.Append(r.renamed(&plan, state)...)
	if req.Plan.Raw.IsNull() {
		return
	}
	resp.Diagnostics.Append(diagnose.ForgetSuccession(ctx, resp.Private)...)
	if state != nil {
		r.Session.AskAhead(ctx)
	}
	self := r.Session.Identities()
	var rewrites, foreign, ignored bool
	if state != nil {
		rec, diags := state.load()
		resp.Diagnostics.Append(diags...)
		ignored = r.ignored(&config)
		foreign = rec != nil && r.Session.Known() && rec.foreign(self)
		rewrites = !ignored && (state.drifted(rec, self) || foreign)
	}
	// Where ignore_changes keeps the ACL, who "auth" in it stands for is kept too.
	plan, writes := complete(plan, config, state, self, rewrites, foreign && ignored)
	if state == nil || !plan.ACL.Equal(state.ACL) || !plan.covers(state) {
		// What was unknown when the configuration was validated may be known by now. What stays as
		// it is in the state may be there by ignore_changes, and is not written.
		resp.Diagnostics.Append(r.Session.CheckACL(path.Root("acl"), plan.ACL)...)
	}
	if !ignored {
		resp.Diagnostics.Append(config.claim(r.Session)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
	resp.Diagnostics.Append(r.planHolding(&plan, state)...)
	if rewrites && foreign && plan.ACL.Equal(state.ACL) && plan.Differing.Equal(state.Differing) {
		resp.Diagnostics.Append(diag.WithPath(path.Root("acl"), r.subject(plan.Path.ValueString()).Foreign()))
	}
	if writes {
		resp.Diagnostics.Append(r.checkSize(&plan)...)
		resp.Diagnostics.Append(r.checkLockout(ctx, plan)...)
	}
}

// planRestoration finds out which of the ACLs that a destruction restores another resource keeps.
func (r *Resource) planRestoration(ctx context.Context, state *resourceModel, private attr.PrivateState) diag.Diagnostics {
	if !state.restores() {
		return nil
	}
	_, diags := r.subject(state.Path.ValueString()).PlanDestruction(ctx, private, session.ItsACL, false, state.holds()...)
	return diags
}

// planHolding tells destructions of the same plan whose ACLs the resource has afterwards.
func (r *Resource) planHolding(plan, state *resourceModel) diag.Diagnostics {
	switch {
	case plan.Path.IsUnknown():
		return nil
	case state == nil || !plan.Path.Equal(state.Path):
		r.Session.Creates(session.ItsACL, session.Persistent, plan.Path.ValueString())
		return nil
	}
	return r.subject(plan.Path.ValueString()).UndoneBesides(r.Session.Keeps(session.ItsACL, state.holds()...))
}

// holds are the paths of the nodes whose ACLs a state has, its own among them.
func (m *resourceModel) holds() []string {
	paths := []string{m.Path.ValueString()}
	if rec, _ := m.load(); rec != nil {
		paths = slices.AppendSeq(paths, maps.Keys(rec.nodes))
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// ValidateConfig notes what the user wrote: a plan gets what ignore_changes makes of it.
func (r *Resource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config resourceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(config.checkExclude()...)
	if r.Session == nil {
		return
	}
	r.Session.Words(typeName, config.Path.ValueString(), config.ACL.String())
}

// checkExclude checks that what is to be left out is a part of a tree.
func (m *resourceModel) checkExclude() (diags diag.Diagnostics) {
	for _, top := range m.excluded() {
		var err error
		switch {
		case m.Path.IsUnknown() || m.Recursive.IsUnknown():
			continue
		case !m.Recursive.ValueBool():
			err = errors.New("without recursive = true the resource has one node alone, and nothing to exclude")
		case top == m.Path.ValueString() || !session.Within(top, m.Path.ValueString()):
			err = fmt.Errorf("%q is not below the path of the resource, %q", top, m.Path.ValueString())
		default:
			continue
		}
		diags.AddAttributeError(path.Root("exclude"), "Invalid exclude", attr.Sentence(err))
		return diags
	}
	return diags
}

// claim notes what the resource has, and refuses it where another one wants something else.
func (m *resourceModel) claim(s *session.Session) diag.Diagnostics {
	acl, err := attr.ACLFrom(m.ACL)
	if err != nil || acl == nil || m.Path.IsUnknown() || m.Recursive.IsUnknown() || !m.excludeKnown() {
		return nil // validation has told, or it is not known yet
	}
	return diagnose.ClaimACL(s, session.ACLClaim{
		Resource: typeName, Path: m.Path.ValueString(), Recursive: m.Recursive.ValueBool(), Exclude: m.excluded(), ACL: acl,
	})
}

// ignored reports whether ignore_changes has put the ACL into the configuration of a plan.
func (r *Resource) ignored(config *resourceModel) bool {
	return r.Session.Ignores(typeName, config.Path.ValueString(), config.ACL.String())
}

// ignores reports whether ignore_changes has put the ACL into a plan: the configuration that an
// apply gets is the user's own.
func (m *resourceModel) ignores(config *resourceModel, self []attr.Identity) bool {
	declared, errDeclared := attr.ACLFrom(config.ACL)
	planned, errPlanned := attr.ACLFrom(m.ACL)
	return errDeclared == nil && errPlanned == nil && !attr.SameACL(declared, planned, self)
}

// drifted reports whether somebody else has set the ACL of the node of a state since the last
// apply.
func (m *resourceModel) drifted(rec *record, self []attr.Identity) bool {
	if rec == nil || rec.want == nil {
		return false
	}
	now, err := attr.ACLFrom(m.ACL)
	return err == nil && !attr.SameACL(rec.want, now, self)
}

// covers reports whether a plan has no other nodes than the state.
func (m *resourceModel) covers(state *resourceModel) bool {
	if !m.Path.Equal(state.Path) || m.Recursive.IsUnknown() || !m.excludeKnown() {
		return false
	}
	return !m.Recursive.ValueBool() || state.Recursive.ValueBool() && !slices.ContainsFunc(state.excluded(), m.has)
}

// checkSize refuses an ACL that the servers would not take for its size.
func (r *Resource) checkSize(plan *resourceModel) diag.Diagnostics {
	acl, err := attr.ACLFrom(plan.ACL)
	if err != nil || acl == nil || plan.Path.IsUnknown() {
		return nil // validation has told, or it is not known yet
	}
	if err := r.Session.CheckSetACL(plan.Path.ValueString(), acl); err != nil {
		return diag.Diagnostics{diag.WithPath(path.Root("acl"), r.subject(plan.Path.ValueString()).Error(doingSet, err))}
	}
	return nil
}

// checkLockout warns of an ACL that keeps the provider from going on with the nodes. To
// read an ACL takes one of the permissions READ and ADMIN, to read what is below a node
// READ, and to set an ACL again, or to restore it, ADMIN.
func (r *Resource) checkLockout(ctx context.Context, plan resourceModel) diag.Diagnostics {
	acl, err := attr.ACLFrom(plan.ACL)
	if err != nil {
		return nil // validation has told
	}
	lost := r.Session.LockedOut(ctx, acl, zk.PermRead|zk.PermAdmin)
	if lost == 0 || lost == zk.PermRead && !plan.Recursive.ValueBool() {
		return nil
	}
	return diag.Diagnostics{diag.WithPath(path.Root("acl"), r.subject(plan.Path.ValueString()).LockedOut(lost))}
}

// renamed warns where the resource looks like one that was renamed.
func (r *Resource) renamed(plan, state *resourceModel) diag.Diagnostics {
	before, after := "", plan.Path.ValueString()
	if state != nil {
		before = state.Path.ValueString()
	}
	if !r.Session.Plans(typeName, before, after) {
		return nil
	}
	return diag.Diagnostics{r.subject(cmp.Or(after, before)).Renamed(withoutMoved)}
}
