package znodes

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	fwattr "github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// Plans completes a plan, and checks what is to be written. What it gets is what ignore_changes
// made of the user's words, which [Resource.Validates] has checked.
func (r *Resource) Plans(ctx context.Context, req *request) {
	state := req.State
	if state != nil && req.Plan != nil && !req.Plan.BasePath.Equal(state.BasePath) {
		req.Replace = path.Paths{path.Root("base_path")}
		state = nil // other nodes are planned
	}
	if r.Session == nil {
		return
	}
	if req.Plan == nil {
		r.planRemoval(ctx, req)
		return
	}
	req.Diags.Append(diagnose.ForgetSuccession(ctx, req.Private)...)
	plan := planOf(req)
	req.Diags.Append(r.warnRenamed(req.State, plan)...)
	req.Diags.Append(r.checkLock(plan)...)
	if state == nil || !plan.ACL.Equal(state.ACL) {
		req.Diags.Append(r.warnLockedOut(ctx, plan)...)
	}
	if state != nil {
		r.Session.AskAhead(ctx)
		plan.keepNotation(state, r.Session.Identities())
	}
	req.Diags.Append(r.planChanges(ctx, plan, req.Config, state, req.Private)...)
	req.Diags.Append(r.planRenewal(ctx, plan, state, req.Private)...)
	if req.Failed() {
		return
	}
	plan.DataWO = noNodes()
	req.Result = plan
}

// checkLock refuses to have all that is below a node where the lock of the provider is there, too:
// the run would remove its own lock.
func (r *Resource) checkLock(plan *model) diag.Diagnostics {
	lock := r.Session.LockPath()
	if lock == "" || !plan.Exclusive.ValueBool() || plan.BasePath.IsUnknown() || !session.Within(lock, plan.BasePath.ValueString()) {
		return nil
	}
	return diag.Diagnostics{lockWithin(plan.BasePath.ValueString(), lock)}
}

// warnRenamed warns of a plan that destroys a resource and creates another one with the same
// nodes. Each of the two is nil where there is none.
func (r *Resource) warnRenamed(state, plan *model) diag.Diagnostics {
	if !r.Session.Plans(TypeName, state.label(), plan.label()) {
		return nil
	}
	about := r.about(cmp.Or(plan, state))
	return diag.Diagnostics{about.Renamed(withoutMoved)}
}

// label tells the nodes of a resource from those of another one with the same base_path; empty
// for no resource, or one whose nodes are not known.
func (m *model) label() string {
	if m == nil || m.BasePath.IsUnknown() || m.Data.IsUnknown() || m.DataBase64.IsUnknown() || m.DataWO.IsUnknown() {
		return ""
	}
	first := ""
	least := func(key string) {
		if first == "" || key < first {
			first = key
		}
	}
	for _, nodes := range m.nodeMaps() {
		for key := range nodes.Elements() {
			least(key)
		}
	}
	for key := range m.secretKeys() {
		least(key)
	}
	return m.BasePath.ValueString() + "//" + first
}

// keepNotation has a plan show no difference where there is none but in how things are
// written. An attribute can be planned as the state has it or as the user wrote it, and in no
// way between the two: so a map whose nodes do not all mean the same shows those that do, too.
func (m *model) keepNotation(state *model, self []attr.Identity) {
	m.ACL = attr.PlanACL(m.ACL, state.ACL, self)
	if m.Compare.ValueString() != attr.CompareJSON {
		return
	}
	text := func(v fwattr.Value) (string, error) { return textContent(v), nil }
	if sameNotation(m.Compare, m.Data, state.Data, text) {
		m.Data = state.Data
	}
	if sameNotation(m.Compare, m.DataBase64, state.DataBase64, base64Content) {
		m.DataBase64 = state.DataBase64
	}
}

// wants is what a plan asks for, with the secrets of the configuration. The state may be
// nil.
func (m *model) wants(state *model, o order) (wanted, error) {
	want := wanted{
		secrets: make(contents), kept: make(keySet),
		rewrite: state == nil || !m.DataWOVersion.Equal(state.DataWOVersion),
		compare: m.Compare, exclusive: m.Exclusive.ValueBool(), extra: o.Extra,
	}
	for _, key := range o.Kept {
		want.kept[key] = true
	}
	// An apply gets what the user wrote, and a plan what ignore_changes has made of it: what the
	// plan has left out, the apply leaves out too.
	planned := m.secretKeys()
	for key, v := range m.DataWO.Elements() {
		if !want.kept[key] && (m.DataWOKeys.IsUnknown() || planned[key]) {
			want.secrets[key] = textOf(v)
		}
	}
	hidden := keysOf(want.secrets)
	maps.Copy(hidden, want.kept)
	var err error
	want.nodes, err = m.declared(state, hidden)
	return want, err
}

// planChanges plans zxid and data_wo_keys: as they are when nothing is to be written. It
// checks what is to be written, and leaves in the private state what an apply has to know.
func (r *Resource) planChanges(ctx context.Context, plan, config, state *model, private attr.PrivateState) diag.Diagnostics {
	plan.Zxid, plan.DataWOKeys = types.Int64Unknown(), types.SetUnknown(types.StringType)
	if !plan.known() {
		if config.DataWO.IsNull() && (state == nil || state.DataWOKeys.IsNull()) {
			plan.DataWOKeys = keySetValue(nil)
		}
		if state == nil {
			diags := append(r.checkCreation(plan), r.planSecrets(ctx, plan, newHolding(plan.BasePath.ValueString()), config.secretsWritten(nil, nil, true))...)
			return append(diags, r.warnOpen(plan, "znodes")...)
		}
		return r.planKnownKeys(ctx, plan, config, state, private)
	}
	had := newHolding(plan.BasePath.ValueString())
	var o order
	var diags diag.Diagnostics
	if state != nil {
		if had, diags = held(ctx, state, private); diags.HasError() {
			return diags
		}
		o.Kept = slices.Sorted(maps.Keys(ignored(r.Session, config, had.secrets)))
	}
	want, err := plan.wants(state, o) // while data_wo_keys is unknown
	if err != nil {
		return diags // validation has told
	}
	if state != nil && want.exclusive && !state.Exclusive.ValueBool() {
		extra, more := r.planExtra(ctx, had, want)
		diags.Append(more...)
		want.extra, o.Extra = extra, extra
	}
	secrets := keysOf(want.secrets)
	maps.Copy(secrets, want.kept)
	plan.DataWOKeys = keySetValue(secrets)
	writes := changes(had, want)
	diags.Append(r.planHolding(plan, had, want, writes)...)
	if lost := lostSecrets(had, want, writes); len(lost) > 0 {
		diags.Append(secretsWillGo(had.base, lost))
	}
	if state != nil {
		diags.Append(warnImported(ctx, had.base, writes, private)...)
		diags.Append(o.save(ctx, private)...)
		if len(writes) == 0 {
			plan.Zxid = state.Zxid
		}
	}
	if slices.ContainsFunc(writes, makes) {
		if state != nil && plan.ACL.Equal(state.ACL) { // otherwise it has been warned of
			diags.Append(r.warnLockedOut(ctx, plan)...)
		}
		diags.Append(r.checkCreation(plan)...)
		diags.Append(r.planAdoption(ctx, plan, had, want, writes)...)
		diags.Append(r.about(plan).Twins(ctx, r.Session, pathsOf(slices.DeleteFunc(slices.Clone(writes), func(w zk.Write) bool { return !makes(w) }))...)...)
	}
	diags.Append(r.planSecrets(ctx, plan, had, plan.secretsWritten(had.secrets, want.kept, want.rewrite))...)
	diags.Append(r.warnOpen(plan, created(writes))...)
	diags.Append(r.checkSize(plan, writes)...)
	return diags
}

// warnImported warns of a plan that deletes nodes which were imported, and which no apply has had in
// its hands yet.
func warnImported(ctx context.Context, base string, writes []zk.Write, private attr.PrivateState) diag.Diagnostics {
	imported, diags := isImported(ctx, private)
	if !imported {
		return diags
	}
	gone := slices.DeleteFunc(slices.Clone(writes), func(w zk.Write) bool { return w.Kind != zk.WriteDelete })
	if len(gone) > 0 {
		diags.Append(importedWillGo(base, pathsOf(gone)))
	}
	return diags
}

// lostSecrets are the paths of the nodes that lose a secret, and get nothing instead.
func lostSecrets(had holding, want wanted, writes []zk.Write) (paths []string) {
	for _, w := range writes {
		if key := keyOf(had.base, w.Path); had.secrets[key] && !want.declares(key) {
			paths = append(paths, w.Path)
		}
	}
	return paths
}

// planRenewal plans to set the ACL of the existing nodes again, where "auth" in it stands for
// others than the provider presents now. Without a refresh, zxid alone can show that.
func (r *Resource) planRenewal(ctx context.Context, plan, state *model, private attr.PrivateState) diag.Diagnostics {
	author, diags := attr.LoadAuthor(ctx, private)
	if state != nil && r.Session.Foreign(author, plan.ACL) {
		plan.Zxid = types.Int64Unknown()
		if plan.ACL.Equal(state.ACL) {
			diags.Append(diag.WithPath(path.Root("acl"), r.about(plan).Foreign()))
		}
	}
	return diags
}

// warnOpen warns of nodes that everybody may change, although the configuration does not say so.
// nodes counts those that are created; empty for none.
func (r *Resource) warnOpen(plan *model, nodes string) diag.Diagnostics {
	if !plan.ACL.IsNull() || nodes == "" {
		return nil
	}
	if base := plan.BasePath.ValueString(); base != "" {
		nodes += " below " + attr.Quoted(base)
	}
	return r.about(plan).OpenNodes(nodes + ", and those above that are missing")
}

// created counts the nodes that are created for what they hold; empty for none. Those in between may
// be there.
func created(writes []zk.Write) string {
	n := 0
	for _, w := range writes {
		if w.Kind == zk.WriteCreate {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return diagnose.Count(n, "znode", "znodes")
}

// checkCreation checks what is needed to make nodes and the configuration alone does not
// tell: where they are below the chroot, and who the provider is.
func (r *Resource) checkCreation(plan *model) diag.Diagnostics {
	diags := r.Session.CheckACL(path.Root("acl"), plan.ACL)
	if base := plan.BasePath.ValueString(); base != "" {
		if err := checkBase(base, r.Session.CheckManaged, plan.Data, plan.DataBase64, plan.DataWO); err != nil {
			diags.Append(invalidBase(err))
		}
	}
	return diags
}

// planExtra looks what is below base that a state does not have, when that is to go from now
// on, and warns of it: the plan itself has no place for it. What was written since the state
// was read is not among it. So an apply, which plans once more and knows nothing of the plan
// that it is to apply but the state, finds no more than that plan told of.
func (r *Resource) planExtra(ctx context.Context, had holding, want wanted) (map[string]int64, diag.Diagnostics) {
	about := r.aboutPath(had.base)
	client, err := r.Session.Client(ctx)
	if err != nil {
		return nil, diag.Diagnostics{about.Error(doingRead, err)}
	}
	extra, err := others(ctx, client, had.base, want)
	if err != nil {
		return nil, diag.Diagnostics{about.Error(doingRead, err)}
	}
	var unnamed []string
	for key := range extra {
		if !attr.Crosses(key) {
			unnamed = append(unnamed, key)
		}
	}
	for _, key := range unnamed { // they stay, and what is above them
		delete(extra, key)
		above(key, func(key string) bool {
			delete(extra, key)
			return true
		})
	}
	maps.DeleteFunc(extra, func(key string, zxid int64) bool { return had.shows(key) || zxid > had.latest })
	var diags diag.Diagnostics
	if len(unnamed) > 0 {
		diags.Append(unnamedStay(about, unnamed))
	}
	if len(extra) > 0 {
		diags.Append(othersWillGo(had.base, extra))
	}
	return extra, diags
}

// planRemoval checks the size of what a destruction is to write.
func (r *Resource) planRemoval(ctx context.Context, req *request) {
	state := req.State
	had, diags := held(ctx, state, req.Private)
	req.Diags.Append(diags...)
	if req.Failed() {
		return
	}
	writes := removal(had, state.Exclusive.ValueBool())
	if !state.keepsOnDestroy() {
		req.Diags.Append(r.planSuccession(ctx, state, writes, req.Private)...)
		req.Diags.Append(r.checkSize(state, writes)...)
	}
	req.Diags.Append(r.warnRenamed(state, nil)...)
}

// planSuccession finds out which nodes that a destruction removes another resource keeps.
func (r *Resource) planSuccession(ctx context.Context, state *model, writes []zk.Write, private attr.PrivateState) diag.Diagnostics {
	paths := pathsOf(slices.DeleteFunc(slices.Clone(writes), func(w zk.Write) bool { return !removes(w) }))
	exclusive := state.Exclusive.ValueBool()
	if exclusive {
		paths = append(paths, state.BasePath.ValueString())
	}
	slices.Sort(paths) // the same plan is written the same way
	_, diags := r.about(state).PlanDestruction(ctx, private, session.Whole, exclusive, paths...)
	return diags
}

// planKnownKeys is planHolding where not all is known: a key can be, and what its node holds not.
func (r *Resource) planKnownKeys(ctx context.Context, plan, config, state *model, private attr.PrivateState) diag.Diagnostics {
	had, diags := held(ctx, state, private)
	var kept []string
	for key := range plan.named() {
		if had.shows(key) && had.ours(key) {
			kept = append(kept, had.path(key))
		}
	}
	diags.Append(r.about(plan).UndoneBesides(r.Session.Keeps(session.Whole, kept...))...)
	if !plan.BasePath.IsUnknown() {
		left := ignored(r.Session, config, had.secrets)
		diags.Append(r.planSecrets(ctx, plan, had, config.secretsWritten(had.secrets, left, !plan.DataWOVersion.Equal(state.DataWOVersion)))...)
	}
	return diags
}

// planHolding tells destructions of the same plan which nodes the resource has afterwards.
func (r *Resource) planHolding(plan *model, had holding, want wanted, writes []zk.Write) diag.Diagnostics {
	for _, w := range writes {
		if w.Kind == zk.WriteCreate { // what is in between is no other resource's to hand on
			r.Session.Creates(session.Whole, session.Persistent, w.Path)
		}
	}
	needed := want.needed()
	var kept []string
	for _, key := range had.positions() {
		if had.ours(key) && (want.declares(key) || needed[key]) {
			kept = append(kept, had.path(key))
		}
	}
	return r.about(plan).UndoneBesides(r.Session.Keeps(session.Whole, kept...))
}

// checkSize refuses writes that the servers would not take.
func (r *Resource) checkSize(m *model, writes []zk.Write) diag.Diagnostics {
	acl, err := attr.ACLFrom(m.ACL)
	if err != nil {
		return nil // validation has told
	}
	if acl == nil && !m.ACL.IsNull() {
		acl = []zk.ACL{} // what is not known yet takes no room
	}
	err = r.Session.CheckBatch(zk.Batch{Writes: writes, ACL: acl, Split: !m.Atomic.ValueBool()})
	if err == nil {
		return nil
	}
	at, about := path.Root("atomic"), r.about(m)
	if e, ok := errors.AsType[*zk.Error](err); ok && e.Path != "" {
		at, about = m.at(keyOf(about.Path, e.Path)), r.aboutPath(e.Path)
	}
	return diag.Diagnostics{diag.WithPath(at, about.Error("store the data", err))}
}

// at is where a configuration has a node.
func (m *model) at(key string) path.Path {
	switch {
	case m.Data.Elements()[key] != nil:
		return path.Root("data").AtMapKey(key)
	case m.DataBase64.Elements()[key] != nil:
		return path.Root("data_base64").AtMapKey(key)
	}
	return path.Root("data_wo").AtMapKey(key)
}

// warnLockedOut warns of an ACL that keeps the provider from the nodes that it is to make.
func (r *Resource) warnLockedOut(ctx context.Context, plan *model) diag.Diagnostics {
	acl, err := attr.ACLFrom(plan.ACL)
	if err != nil || plan.ACL.IsUnknown() {
		return nil // validation has told, or nothing is known yet
	}
	if acl == nil {
		acl = r.Session.DefaultACL()
	}
	lost := r.Session.LockedOut(ctx, acl, zk.PermAll)
	if lost == 0 {
		return nil
	}
	return diag.Diagnostics{diag.WithPath(path.Root("acl"), r.about(plan).LockedOut(lost))}
}

func (r *Resource) about(m *model) diagnose.Subject { return r.aboutPath(m.BasePath.ValueString()) }

func (r *Resource) aboutPath(nodePath string) diagnose.Subject {
	return diagnose.Subject{Resource: TypeName, Path: nodePath, Presented: r.Session.Presented, Run: r.Session}
}
