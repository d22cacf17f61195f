package ensurepath

import (
	"context"
	"errors"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// needed is what the session knows of a node that the resource found and needs.
type needed struct{}

// ensure makes what is missing of the path that a plan asks for, and completes the plan but for
// what it remembers; creates is whether that is a creation. It returns the nodes that are the resource's from here on, with an error
// too: those that it made, and those that a resource of this run which is being destroyed made.
func (r *Resource) ensure(ctx context.Context, plan *resourceModel, creates bool) (made []session.Made, inDoubt *doubt, diags diag.Diagnostics) {
	about := r.subject(plan.Path)
	plan.Stat = types.ObjectNull(attr.StatType.AttrTypes)
	acl, err := attr.ACLFrom(plan.ACL)
	if err != nil {
		return nil, nil, diag.Diagnostics{about.Error(doingCreate, err)}
	}
	if acl == nil {
		acl = r.Session.DefaultACL()
	}
	client, err := r.Session.Client(ctx)
	if err != nil {
		return nil, nil, diag.Diagnostics{about.Error(doingCreate, err)}
	}
	// What was made is read back although the run is interrupted meanwhile.
	after, end := client.Outlive(ctx)
	defer end()
	all := way(plan.Path.ValueString())
	heir := r.Session.Heir(session.Whole)
	defer heir.Close()
	heir.Claim(ctx, all...)

	ensured, err := r.Session.EnsurePath(ctx, plan.Path.ValueString(), acl)
	made = ensured.Made
	if unknown, ok := errors.AsType[*zk.OutcomeUnknownError](err); ok {
		inDoubt = &doubt{Paths: ensured.Doubt, Seen: unknown.Seen, Others: unknown.Others, ACL: acl}
	}
	switch {
	case inDoubt != nil && creates:
		diags.Append(about.CreationUnknown(doingCreate, afterDoubt, err))
	case err != nil:
		diags.Append(about.Error(doingCreate, err))
	}
	if err == nil && len(made) == 0 && !r.Session.HasMade(plan.Path.ValueString()) {
		// All of it is there: another resource may have made it, and be on its way out. If the run is
		// stopped before that is known, the state gets nothing, and the next run tries again.
		if len(heir.Await(ctx)) == 0 && creates && ctx.Err() != nil {
			return nil, nil, diag.Diagnostics{about.Error(doingCreate, context.Cause(ctx))}
		}
	}
	found := make(map[string]any)
	for _, path := range all {
		if !has(made, path) {
			found[path] = needed{}
		}
	}
	heir.Took(found)
	inherited, inheritErr := r.inherit(after, heir.Close())
	made = merged(inherited, made)
	r.Session.Took(session.Whole, pathsOf(made)...)
	if diags.HasError() {
		return made, inDoubt, diags
	}
	stat, there, err := r.exists(after, plan.Path.ValueString())
	switch err = errors.Join(inheritErr, err); {
	case err != nil:
		diags.Append(about.NotReadBack(err))
	case there:
		plan.Stat = attr.StatValue(stat)
	}
	if len(made) == 0 {
		diags.Append(r.foundWarning(after, client, all, acl)...)
	}
	return made, nil, diags
}

// readBack completes a plan of which nothing is to be made.
func (r *Resource) readBack(ctx context.Context, plan *resourceModel) diag.Diagnostics {
	after, free := r.Session.AfterWrite(ctx)
	defer free()
	plan.Stat = types.ObjectNull(attr.StatType.AttrTypes)
	stat, there, err := r.exists(after, plan.Path.ValueString())
	switch {
	case err != nil:
		return diag.Diagnostics{r.subject(plan.Path).NotReadBack(err)}
	case there:
		plan.Stat = attr.StatValue(stat)
	}
	return nil
}

// inherit returns those nodes that resources of this run gave up which are still the same.
func (r *Resource) inherit(ctx context.Context, memories map[string]any) (nodes []session.Made, err error) {
	for path, memory := range memories {
		from, ok := memory.(attr.Planned)
		if !ok {
			continue
		}
		stat, _, lookErr := r.exists(ctx, path)
		switch {
		case lookErr != nil:
			// It is pruned by its transaction: to remember one that is gone does no harm.
			err = lookErr
		case stat.Czxid != from.Czxid:
			continue
		}
		nodes = append(nodes, session.Made{Path: path, Czxid: from.Czxid})
	}
	return nodes, err
}

// foundWarning warns of nodes that a creation found as it would have made them, from the end of
// the path up: nobody has ever put anything into them.
func (r *Resource) foundWarning(ctx context.Context, client *zk.Client, all []string, acl []zk.ACL) diag.Diagnostics {
	var bare []string
	for _, path := range slices.Backward(all) {
		children := min(1, int32(len(bare))) // the node that comes next on the path
		node, err := client.Node(ctx, path)
		if err != nil || r.Session.HasMade(path) || node.Stat.Version != 0 || node.Stat.DataLength != 0 || node.Stat.EphemeralOwner != 0 ||
			node.Stat.Cversion != children || !attr.SameACL(acl, node.ACL, r.Session.Identities()) {
			break
		}
		bare = append(bare, path)
	}
	if len(bare) == 0 {
		return nil
	}
	slices.Reverse(bare)
	return diag.Diagnostics{foundWarning(bare)}
}

// look looks at the nodes in `created`. It returns those that are still the same, and those in
// whose place there is another one.
func (r *Resource) look(ctx context.Context, nodes []session.Made) (same []session.Made, stats map[string]zk.Stat, anew []string, err error) {
	stats = make(map[string]zk.Stat)
	for _, node := range nodes {
		stat, there, err := r.exists(ctx, node.Path)
		switch {
		case err != nil:
			return nil, nil, nil, err
		case there && stat.Czxid == node.Czxid:
			same, stats[node.Path] = append(same, node), stat
		case there:
			anew = append(anew, node.Path)
		}
	}
	return same, stats, anew, nil
}

// remove removes nodes that the resource made, from the deepest up, as far as they are empty and
// no other resource of this run has them. With an error it returns those that it has not come to.
func (r *Resource) remove(ctx context.Context, at types.String, made []session.Made) (rest []session.Made, diags diag.Diagnostics) {
	nodes, memory, err := r.remembered(ctx, made)
	if err != nil {
		return made, diag.Diagnostics{r.subject(at).Error(doingDelete, err)}
	}
	fate := r.Session.Give(session.Whole, memory)
	defer r.Session.Undone(session.Whole, pathsOf(nodes)...)
	var left []session.Made
	full := false // there is something below the nodes that are left to do
	for i, node := range slices.Backward(nodes) {
		if fate.Stays(node.Path) {
			full = true
			continue
		}
		var err error = zk.ErrNotEmpty
		if !full {
			err = r.Session.Prune(ctx, node)
		}
		switch {
		case err == nil, errors.Is(err, zk.ErrNoNode): // gone, or somebody else's
		case errors.Is(err, zk.ErrNotEmpty):
			full = true
			left = append(left, node)
		default:
			diags.Append(r.subject(at).Error(doingDelete, err))
			return nodes[:i+1], diags
		}
	}
	slices.Reverse(left)
	bequest := make(map[string]any)
	for _, node := range left {
		bequest[node.Path] = memory[node.Path]
	}
	r.Session.Bequeath(session.Whole, bequest)
	if len(left) > 0 {
		diags.Append(leftWarning(left))
	}
	var kept []string
	for _, node := range nodes {
		if fate.Kept[node.Path] == (needed{}) {
			kept = append(kept, node.Path)
		}
	}
	if len(kept) > 0 {
		diags.Append(keptWarning(kept))
	}
	return nil, diags
}

// remembered returns those of the nodes that are still the same, and what another resource needs
// to know of each: the one that made it is told by its transaction, and nobody has ever
// written to its data. Its ACL is anybody's to change.
func (r *Resource) remembered(ctx context.Context, nodes []session.Made) (same []session.Made, memory map[string]any, err error) {
	same, stats, _, err := r.look(ctx, nodes)
	memory = make(map[string]any)
	for _, node := range same {
		memory[node.Path] = attr.Planned{Czxid: node.Czxid, Aversion: stats[node.Path].Aversion}
	}
	return same, memory, err
}

func (r *Resource) exists(ctx context.Context, nodePath string) (zk.Stat, bool, error) {
	client, err := r.Session.Client(ctx)
	if err != nil {
		return zk.Stat{}, false, err
	}
	return client.Exists(ctx, nodePath)
}
