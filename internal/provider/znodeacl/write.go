package znodeacl

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// read returns the node, and after it those below where they are asked for, apart from what is
// excluded and from ephemeral nodes.
func (r *Resource) read(ctx context.Context, client *zk.Client, nodePath string, recursive bool, exclude []string) ([]zk.ACLReading, error) {
	if recursive {
		return client.ACLTree(ctx, nodePath, exclude...)
	}
	acl, stat, err := client.ACL(ctx, nodePath)
	if err != nil {
		return nil, err
	}
	return []zk.ACLReading{{Path: nodePath, ACL: acl, Stat: stat}}, nil
}

// neither are the nodes that are left out, with all below them, by a plan and by its state.
func neither(plan, state *resourceModel) (tops []string) {
	for _, pair := range [][2]*resourceModel{{plan, state}, {state, plan}} {
		for _, top := range pair[0].excluded() {
			if !pair[1].has(top) && !slices.Contains(tops, top) {
				tops = append(tops, top)
			}
		}
	}
	slices.Sort(tops)
	return tops
}

// split returns the nodes that a plan has, its own first, and the others.
func split(nodes []zk.ACLReading, plan *resourceModel) (covered, leaving []zk.ACLReading) {
	for _, n := range nodes {
		if plan.has(n.Path) {
			covered = append(covered, n)
		} else {
			leaving = append(leaving, n)
		}
	}
	return covered, leaving
}

// A step is a new ACL for one of some nodes.
type step struct {
	node     int // its index
	acl      []zk.ACL
	restores bool // gives back what the node had
}

// changes are the steps that give the wanted ACL to those of the nodes that have another.
func (r *record) changes(nodes []zk.ACLReading, self []attr.Identity) (steps []step) {
	for i, n := range nodes {
		if !r.conforms(n, self) {
			steps = append(steps, step{node: i, acl: r.want})
		}
	}
	return steps
}

// restorations are the steps that give back what nodes had, to those which have what the
// resource gave them: node i of nodes is number from+i. The paths are of those that
// somebody else has given another ACL.
func (r *record) restorations(nodes []zk.ACLReading, from int, self []attr.Identity) (steps []step, left []string) {
	for i, n := range nodes {
		had := r.gives(n.Path, self)
		switch {
		case had == nil, r.nodes[n.Path].czxid != n.Stat.Czxid, attr.SameACL(had, n.ACL, self):
		case r.ours(n, self):
			steps = append(steps, step{node: from + i, acl: had, restores: true})
		default:
			left = append(left, n.Path)
		}
	}
	return steps, left
}

// planned returns the conflict where somebody has set the ACL of one of the nodes to be
// written since the plan was made. Nodes that have come since are none: the plan is for all
// that there are.
func (r *Resource) planned(rec *record, root attr.Planned, nodes []zk.ACLReading, steps []step) diag.Diagnostics {
	for _, s := range steps {
		n := nodes[s.node]
		e, known := rec.nodes[n.Path]
		from := attr.Planned{Czxid: e.czxid, Aversion: e.aversion}
		switch {
		case s.restores:
			continue
		case s.node == 0:
			from, known = attr.Planned{Czxid: root.Czxid, Aversion: root.Aversion}, true
		default:
			known = known && e.czxid == n.Stat.Czxid
		}
		found := attr.Planned{Czxid: n.Stat.Czxid, Aversion: n.Stat.Aversion}
		if from.Czxid != found.Czxid && r.Session.HasReplaced(n.Path) {
			continue // its own resource was replaced in this apply: what is planned is for the new node
		}
		if from.Czxid == found.Czxid && from.Aversion+1 == found.Aversion && r.Session.HasClosed(n.Path, n.Stat) {
			continue // it was closed for a secret until this resource's turn
		}
		if known && from != found {
			return diag.Diagnostics{r.subject(n.Path).Conflict(doingSet, zk.ErrBadVersion, from, found)}
		}
	}
	return nil
}

// An outcome is what became of some steps.
type outcome struct {
	nodes []zk.ACLReading // as they are after it, without those that are gone
	done  int             // nodes that were written
	doubt []zk.ACLReading // nodes that may have been given the ACL that they have here
	left  []string        // nodes that were to be restored, and were not, because somebody else was faster
	err   error           // why it ended before its end
	at    zk.ACLReading   // the node where that was
}

// progress is after how many nodes the log tells of them.
const progress = 1000

// carryOut makes the steps, and notes each in the record. It stops at the first node that
// is refused.
func (r *Resource) carryOut(ctx context.Context, client *zk.Client, rec *record, nodes []zk.ACLReading, steps []step) outcome {
	o := outcome{at: zk.ACLReading{Path: rec.path}}
	if len(steps) > 0 && rec.foreign(r.Session.Identities()) {
		rec.author = nil // some are written by the one, and some by the other, until all are done
	}
	writes := make([]zk.ACLWrite, len(steps))
	for i, s := range steps {
		writes[i] = zk.ACLWrite{Path: nodes[s.node].Path, ACL: s.acl, Stat: nodes[s.node].Stat}
	}
	gone := make(map[int]bool)
	err := client.SetACLs(ctx, writes, func(i int, stat zk.Stat, err error) error {
		s := steps[i]
		n := &nodes[s.node]
		switch {
		case err == nil:
			n.ACL, n.Stat = s.acl, stat
			rec.wrote(*n, s.restores)
			r.Session.Wrote(session.ItsACL, n.Path, stat)
			o.done++
			if o.done%progress == 0 || o.done == len(steps) {
				tflog.Info(ctx, "ACLs replaced", map[string]any{"path": rec.path, "done": o.done, "of": len(steps)})
			}
			return nil
		case errors.Is(err, zk.ErrNoNode) && (s.restores || s.node > 0):
			gone[s.node] = true
			return nil
		case errors.Is(err, zk.ErrBadVersion) && s.restores:
			o.left = append(o.left, n.Path)
			return nil
		}
		if errors.Is(err, zk.ErrOutcomeUnknown) && !s.restores {
			o.doubt = append(o.doubt, zk.ACLReading{Path: n.Path, ACL: s.acl})
		}
		if o.err == nil {
			o.err, o.at = err, *n
		}
		return err
	})
	if o.err == nil {
		o.err = err
	}
	for i, n := range nodes {
		if !gone[i] {
			o.nodes = append(o.nodes, n)
		}
	}
	return o
}

// failed tells why steps ended before their end.
func (r *Resource) failed(ctx context.Context, client *zk.Client, doing string, o outcome, of int) diag.Diagnostic {
	about, err := r.subject(o.at.Path), partial(o.done, of, o.err)
	switch {
	case isNoNode(err):
		return about.NoTarget(doing, err)
	case !errors.Is(err, zk.ErrBadVersion):
		return about.Error(doing, err)
	}
	from := attr.Planned{Czxid: o.at.Stat.Czxid, Aversion: o.at.Stat.Aversion}
	_, stat, lookErr := client.ACL(ctx, o.at.Path)
	if lookErr != nil {
		return about.UnseenConflict(doing, err, from)
	}
	return about.Conflict(doing, err, from, attr.Planned{Czxid: stat.Czxid, Aversion: stat.Aversion})
}

// create gives the planned ACL to the nodes, and completes the plan. The record is nil
// where nothing was written; with an error, it and the plan tell what was.
//
// Where a resource of this run has the nodes and is being destroyed, what it remembers of them
// is taken over. It cannot be told that there is none, but where nobody has ever set the ACL of
// a node, nothing is lost without it.
func (r *Resource) create(ctx context.Context, client *zk.Client, plan *resourceModel) (*record, diag.Diagnostics) {
	nodePath, self := plan.Path.ValueString(), r.Session.Identities()
	want, err := attr.ACLFrom(plan.ACL)
	if err != nil {
		return nil, diag.Diagnostics{r.subject(nodePath).Error(doingSet, err)}
	}
	after, end := client.Outlive(ctx)
	defer end()
	heir := r.Session.Heir(session.ItsACL)
	defer heir.Close()
	rec := newRecord(nodePath, want)
	nodes, err := r.readClaimed(ctx, heir, func() ([]zk.ACLReading, []string, error) {
		nodes, err := r.read(ctx, client, nodePath, plan.Recursive.ValueBool(), plan.excluded())
		return nodes, pathsOf(nodes), err
	}, nodePath)
	if err != nil {
		memories := heir.Close()
		if len(memories) == 0 {
			return nil, r.unread(ctx, doingSet, nodePath, err)
		}
		rec.keep(memories)
		plan.Stat = types.ObjectNull(attr.StatType.AttrTypes)
		return rec, r.unread(ctx, doingSet, nodePath, err)
	}
	rec.cover(nodes, self)
	found, before := slices.Clone(nodes), slices.DeleteFunc(slices.Clone(nodes), r.neverSet)
	steps := rec.changes(nodes, self)
	o := r.carryOut(ctx, client, rec, nodes, steps)
	if len(before) > 0 {
		heir.Await(ctx)
	}
	memories := take(heir, found)
	rec.inherit(found, memories, self)
	differing := rec.see(o.nodes, self)
	if o.err == nil {
		var diags diag.Diagnostics
		if plan.restores() {
			diags.Append(foundWarnings(before, want, memories, self)...)
		}
		diags.Append(r.settle(after, client, plan, o.nodes[0])...)
		return rec, diags
	}
	diags := diag.Diagnostics{r.failed(after, client, doingSet, o, len(steps))}
	if o.done == 0 && len(o.doubt) == 0 && len(memories) == 0 {
		return nil, diags
	}
	rec.doubt(o.doubt)
	root := o.nodes[0]
	if !rec.conforms(root, self) {
		plan.ACL = attr.ACLValue(root.ACL)
	}
	plan.Stat, plan.Differing = attr.StatValue(root.Stat), differingValue(nodePath, differing)
	return rec, diags
}

// readClaimed reads nodes until no destruction of this run is about to restore any of those that
// are to be claimed: first, and what read returns beside the nodes.
func (r *Resource) readClaimed(ctx context.Context, heir *session.Heir, read func() (nodes []zk.ACLReading, claims []string, err error), first ...string) ([]zk.ACLReading, error) {
	heir.Claim(ctx, first...)
	for {
		nodes, claims, err := read()
		if err != nil {
			return nil, err
		}
		if !heir.Claim(ctx, claims...) {
			return nodes, nil
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
}

func pathsOf(nodes []zk.ACLReading) []string {
	paths := make([]string, len(nodes))
	for i, n := range nodes {
		paths[i] = n.Path
	}
	return paths
}

// neverSet reports whether nobody has set the ACL of a node since it was created, apart from this
// run.
func (r *Resource) neverSet(n zk.ACLReading) bool {
	return n.Stat.Aversion == 0 || r.Session.HasWritten(session.ItsACL, n.Path, n.Stat)
}

// foundWarnings warns of nodes that had the wanted ACL already, and of which no resource of this
// run has told what they had before.
func foundWarnings(nodes []zk.ACLReading, want []zk.ACL, memories map[string]any, self []attr.Identity) diag.Diagnostics {
	var had []string
	for _, n := range nodes {
		if memories[n.Path] == nil && attr.SameACL(want, n.ACL, self) {
			had = append(had, n.Path)
		}
	}
	if len(had) == 0 {
		return nil
	}
	return diag.Diagnostics{foundWarning(had)}
}

// take ends the claim to nodes, which are the resource's from here on as it found them, and
// returns what was given up of them.
func take(heir *session.Heir, found []zk.ACLReading) map[string]any {
	taken := make(map[string]any, len(found))
	for _, n := range found {
		taken[n.Path] = n
	}
	heir.Took(taken)
	return heir.Close()
}

// update brings the nodes from what the state says to what is planned, and completes the
// plan. With an error the plan and the record tell what was done; the record is nil where
// nothing was.
//
// With ignored, ignore_changes has put the ACL into the plan. Where it is what somebody else has
// set on the node itself, that stays, and is not spread over the nodes below: those are kept at
// what the last apply gave to them.
func (r *Resource) update(ctx context.Context, client *zk.Client, plan, state *resourceModel, rec *record, ignored bool) (*record, diag.Diagnostics) {
	nodePath, self := plan.Path.ValueString(), r.Session.Identities()
	want, err := attr.ACLFrom(plan.ACL)
	if err != nil {
		return nil, diag.Diagnostics{r.subject(nodePath).Error(doingSet, err)}
	}
	// Those that are new to the resource may be another one's, which this run destroys.
	heir := r.Session.Heir(session.ItsACL)
	defer heir.Close()
	var found []zk.ACLReading
	nodes, err := r.readClaimed(ctx, heir, func() ([]zk.ACLReading, []string, error) {
		nodes, err := r.read(ctx, client, nodePath, plan.Recursive.ValueBool() || state.Recursive.ValueBool(), neither(plan, state))
		found = rec.unknown(nodes, plan)
		return nodes, pathsOf(found), err
	})
	if err != nil {
		return nil, r.unread(ctx, doingSet, nodePath, err)
	}
	covered, leaving := split(nodes, plan)
	nodes = append(slices.Clone(covered), leaving...)
	wanted := rec.want
	keepsDrift := ignored && plan.ACL.Equal(state.ACL) && plan.covers(state) && state.drifted(rec, self)
	if !keepsDrift {
		rec.want = want
	}
	steps := rec.changes(covered, self)
	if keepsDrift {
		steps = slices.DeleteFunc(steps, func(s step) bool { return s.node == 0 })
	}
	root, _ := attr.PlannedAgainst(state.Stat)
	if diags := r.planned(rec, root, nodes, steps); diags.HasError() {
		return nil, diags
	}
	var left []string
	if plan.restores() {
		var restorations []step
		restorations, left = rec.restorations(leaving, len(covered), self)
		steps = append(steps, restorations...)
	}
	rec.cover(covered, self)
	after, end := client.Outlive(ctx)
	defer end()
	set := slices.ContainsFunc(found, func(n zk.ACLReading) bool { return !r.neverSet(n) })
	o := r.carryOut(ctx, client, rec, nodes, steps)
	left = append(left, o.left...)
	if set {
		heir.Await(ctx)
	}
	rec.inherit(found, take(heir, found), self)

	var diags diag.Diagnostics
	if o.err == nil {
		diags.Append(r.leftWarnings(left)...)
		o.nodes, _ = split(o.nodes, plan)
		rec.see(o.nodes, self)
		diags.Append(r.settle(after, client, plan, o.nodes[0])...)
		return rec, diags
	}

	diags.Append(r.failed(after, client, doingSet, o, len(steps)))
	// The nodes below stay the resource's, whether they were to come or to go, until an
	// apply gets through.
	was := *state
	was.Recursive = types.BoolValue(plan.Recursive.ValueBool() || state.Recursive.ValueBool())
	was.Exclude = excludeValue(neither(plan, state), state.Exclude)
	if !keepsDrift && rec.conforms(o.nodes[0], self) {
		was.ACL, was.Stat = plan.ACL, attr.StatValue(o.nodes[0].Stat)
	} else {
		rec.want = wanted
	}
	was.Differing = differingValue(nodePath, rec.see(o.nodes, self))
	rec.doubt(o.doubt)
	*plan = was
	return rec, diags
}

// settle completes a plan that was applied: its stat is read after the write. root is the
// node as the apply left it. Where it has another ACL by now, somebody else was there: the
// state then has the version that the apply left, so that the next refresh shows theirs as
// a change.
func (r *Resource) settle(ctx context.Context, client *zk.Client, plan *resourceModel, root zk.ACLReading) (diags diag.Diagnostics) {
	_, stat, err := client.ACL(ctx, root.Path)
	switch {
	case err != nil:
		diags.Append(r.subject(root.Path).NotReadBack(err))
		stat = root.Stat
	case stat.Czxid != root.Stat.Czxid || stat.Aversion != root.Stat.Aversion:
		diags.Append(overwrittenWarning(root.Path))
		stat.Czxid, stat.Aversion = root.Stat.Czxid, root.Stat.Aversion
	}
	plan.Stat = attr.StatValue(stat)
	return diags
}

// restore gives back to the nodes of a record what they had, unless another resource of this run
// has them. With an error the record and the state tell what was done.
func (r *Resource) restore(ctx context.Context, client *zk.Client, rec *record, state *resourceModel) (diags diag.Diagnostics) {
	self := r.Session.Identities()
	fate := r.Session.Give(session.ItsACL, rec.memories(self))
	defer r.Session.Undone(session.ItsACL, slices.Collect(maps.Keys(rec.nodes))...)
	created, kept := rec.lost(fate, self)
	if len(created) > 0 {
		diags.Append(keptWarning(created, keptForCreation))
	}
	if len(kept) > 0 {
		diags.Append(keptWarning(kept, keptAsBefore))
	}
	var paths []string
	for nodePath, e := range rec.nodes {
		if e.had != nil && !fate.Stays(nodePath) {
			paths = append(paths, nodePath)
		}
	}
	slices.Sort(paths)
	readings, err := client.ACLs(ctx, paths)
	if err != nil {
		return append(diags, r.unread(ctx, doingRestore, rec.path, err)...)
	}
	nodes := readings[:0]
	for _, n := range readings {
		switch {
		case n.Err == nil:
			nodes = append(nodes, n)
		case !errors.Is(n.Err, zk.ErrNoNode):
			return append(diags, restoreError(r.subject(n.Path).Error(doingRestore, n.Err)))
		}
	}
	steps, left := rec.restorations(nodes, 0, self)
	o := r.carryOut(ctx, client, rec, nodes, steps)
	diags.Append(r.leftWarnings(append(left, o.left...))...)
	if o.err == nil {
		return diags
	}
	after, end := client.Outlive(ctx)
	defer end()
	diags.Append(restoreError(r.failed(after, client, doingRestore, o, len(steps))))
	for _, n := range o.nodes {
		if e := rec.nodes[n.Path]; n.Path == rec.path && e.set == nil && slices.Equal(rec.gives(n.Path, self), n.ACL) { // it was restored
			state.ACL, state.Stat = attr.ACLValue(n.ACL), attr.StatValue(n.Stat)
		}
	}
	return diags
}

// leftWarnings warns of nodes that did not get back what they had.
func (r *Resource) leftWarnings(paths []string) (diags diag.Diagnostics) {
	var theirs, own []string
	for _, nodePath := range paths {
		if r.Session.HasWritten(session.ItsACL, nodePath, zk.Stat{}) {
			own = append(own, nodePath)
		} else {
			theirs = append(theirs, nodePath)
		}
	}
	if len(theirs) > 0 {
		diags.Append(leftWarning(theirs))
	}
	if len(own) > 0 {
		diags.Append(setByApplyWarning(own))
	}
	return diags
}

// unread tells why the nodes could not be read.
func (r *Resource) unread(ctx context.Context, doing, nodePath string, err error) diag.Diagnostics {
	about := r.subject(nodePath)
	if isNoNode(err) {
		return append(about.Twins(ctx, r.Session), about.NoTarget(doing, err))
	}
	return diag.Diagnostics{about.Error(doing, err)}
}

func (r *Resource) subject(nodePath string) diagnose.Subject {
	return diagnose.Subject{Resource: typeName, Path: nodePath, Presented: r.Session.Presented, Run: r.Session}
}
