package znodes

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

// outcome is what an apply has left.
type outcome struct {
	holding
	zxid int64 // of the last transaction; 0 for none
	// changed tells that the holding is no longer what it was, and complete that it is what was
	// wanted.
	changed, complete bool
	// doubt is what cannot be told whether it was done; nil for nothing.
	doubt *doubt
}

// applyTries bounds how often an apply begins again because nodes are not as it needs them.
const applyTries = 5

// An applying is an apply that is under way.
type applying struct {
	*Resource
	client *zk.Client
	plan   *model
	acl    []zk.ACL
	doing  string
	want   wanted
	heir   *session.Heir
	out    outcome
	// taken are the keys of nodes that were there and are taken over. They are true where
	// another resource of this run has given the node up. done are those of them that have
	// been written.
	taken map[string]bool
	done  keySet
	// owned are the keys that this run knows to be the resource's.
	owned keySet
	// awaited is how often it has been waited for resources that give nodes up.
	awaited int
	// settled are the writes that made or changed something, and those of nodes in between that
	// were there.
	settled []zk.Write
	results []zk.WriteResult
	// closed counts the nodes whose ACLs were set before the secrets.
	closed int
}

// apply makes of what there is what is wanted, and tells what that has left, with an error
// too.
func (r *Resource) apply(ctx context.Context, doing string, plan *model, had holding, want wanted) (outcome, diag.Diagnostics) {
	about := r.about(plan)
	acl, err := attr.ACLFrom(plan.ACL)
	if err != nil {
		return outcome{}, diag.Diagnostics{about.Error(doing, err)}
	}
	if acl == nil {
		acl = r.Session.DefaultACL()
	}
	a := &applying{
		Resource: r, plan: plan, acl: acl, doing: doing, want: want, heir: r.Session.Heir(session.Whole),
		out: outcome{holding: had.clone()}, taken: make(map[string]bool), done: make(keySet), owned: make(keySet),
	}
	defer a.heir.Close()
	if len(changes(had, want)) == 0 {
		a.conclude()
		return a.out, nil
	}
	if a.client, err = r.Session.Client(ctx); err != nil {
		return outcome{}, diag.Diagnostics{about.Error(doing, err)}
	}
	diags := a.run(ctx)
	return a.out, diags
}

// run writes until all is as it is wanted, or an error stands.
func (a *applying) run(ctx context.Context) diag.Diagnostics {
	// Whoever is destroying nodes in between, or does so meanwhile, leaves them to this resource.
	a.heir.Claim(ctx, a.pathsOf(a.want.needed())...)
	if a.doing == doingCreate && a.want.exclusive {
		if diags := a.checkEmpty(ctx); diags.HasError() {
			a.abandon(ctx)
			return diags
		}
	}
	for try := 1; ; try++ {
		err := a.adopt(ctx)
		if err == nil {
			err = a.write(ctx)
		}
		if err == nil {
			break
		}
		again, otherErr := a.recover(ctx, err)
		if otherErr != nil {
			err = otherErr
		}
		if try == applyTries || !again || otherErr != nil {
			a.abandon(ctx)
			if a.out.doubt != nil {
				after, free := a.Session.AfterWrite(ctx)
				a.Session.Doubts(after, a.out.doubt.paths(a.out.base)...)
				free()
			}
			return a.failed(err)
		}
	}
	needed := a.want.needed()
	a.conclude()
	a.Session.Took(session.Whole, a.pathsOf(a.taken)...)
	found := make(map[string]any)
	for key := range needed {
		if !a.out.ours(key) {
			found[a.out.path(key)] = needs{}
		}
	}
	a.heir.Took(found)
	return a.lookBack(ctx, a.heir.Close())
}

// needs is what the session knows of a node that a resource needs in between.
type needs struct{}

func (a *applying) pathsOf(keys map[string]bool) []string {
	paths := make([]string, 0, len(keys))
	for key := range keys {
		paths = append(paths, a.out.path(key))
	}
	return paths
}

// write does what is left to do.
func (a *applying) write(ctx context.Context) error {
	writes := changes(a.out.holding, a.want)
	given, err := a.giveUp(ctx, a.client, writes)
	if err != nil {
		return err
	}
	defer given.undone()
	writes = given.drop(&a.out, writes)
	if len(writes) == 0 {
		return nil
	}
	if err := a.reclaim(ctx, writes); err != nil {
		return err
	}
	batch := zk.Batch{Writes: writes, ACL: a.acl, Split: !a.plan.Atomic.ValueBool()}
	results, err := a.Session.Apply(ctx, a.out.base, batch)
	a.out.settle(a.want, writes, results)
	if err != nil {
		given.takeBack(&a.out)
	}
	for i, w := range writes {
		if !removes(w) && (results[i].Done || results[i].Needless) {
			a.settled, a.results = append(a.settled, w), append(a.results, results[i])
			a.done[keyOf(a.out.base, w.Path)] = true
		}
	}
	if unknown, ok := errors.AsType[*zk.OutcomeUnknownError](err); ok {
		a.out.doubt = doubtOf(unknown, a.plan, a.want, a.out.base, a.acl, writes, results)
	}
	return err
}

// settle takes in what writes have done.
func (o *outcome) settle(want wanted, writes []zk.Write, results []zk.WriteResult) {
	for i, result := range results {
		w := writes[i]
		key := keyOf(o.base, w.Path)
		if result.Done {
			o.changed, o.zxid = true, max(o.zxid, result.Zxid)
		}
		switch {
		case w.Kind == zk.WriteDelete && (result.Done || result.Needless), w.Kind == zk.WritePrune && result.Done:
			o.forget(key)
		case result.Done:
			_, secret := want.secrets[key]
			// Where a secret is, the ACL is what the plan told.
			theirs := result.Misdirected || w.Kind == zk.WriteSet && !secret && o.written[key].theirs
			o.forget(key)
			o.written[key] = written{zxid: result.Zxid, theirs: theirs}
			if _, ok := want.nodes[key]; ok {
				o.nodes[key] = string(w.Data)
			} else if secret {
				o.secrets[key] = true
			}
		}
	}
}

// recover reports whether another try may succeed: nodes to be made are there and can be taken
// over, or one that was taken over has been changed since.
func (a *applying) recover(ctx context.Context, err error) (again bool, otherErr error) {
	conflict, ok := errors.AsType[*zk.BatchConflictError](err)
	if !ok {
		return false, nil
	}
	exist := make(keySet)
	for _, c := range conflict.Conflicts {
		key := keyOf(a.out.base, c.Write.Path)
		_, taken := a.taken[key]
		switch {
		case taken:
			a.out.forget(key)
			delete(a.taken, key)
		case errors.Is(c.Err, zk.ErrNodeExists):
			exist[key] = true
		default:
			return false, nil
		}
	}
	if len(exist) == 0 || a.plan.AdoptExisting.ValueBool() && !a.runHasMade(exist) {
		return true, nil
	}
	return a.inherit(ctx, exist)
}

// runHasMade reports whether this run itself has made all of some nodes.
func (a *applying) runHasMade(keys keySet) bool {
	for key := range keys {
		if !a.Session.HasMade(a.out.path(key)) {
			return false
		}
	}
	return true
}

// abandon takes out of the outcome of an apply that failed what it only meant to take over, and
// keeps what nobody else has any more: what other resources of this run have given up, although
// there was no time to take it over.
func (a *applying) abandon(ctx context.Context) {
	a.takeGiven(ctx)
	for key, given := range a.taken {
		switch {
		case a.done[key]:
		case !given:
			a.out.forget(key)
		default:
			a.out.changed = true
			if a.want.hides(key) {
				delete(a.out.nodes, key)
				a.out.secrets[key] = true
			}
		}
	}
}

// conclude brings the outcome to what is wanted, all of which is there, whether it had to be
// written or not. What is neither wanted nor the resource's is none of its business any more, and
// what is wanted because ignore_changes keeps it in the state is whose it was.
func (a *applying) conclude() {
	out, want := &a.out, a.want
	out.nodes = want.nodes
	out.secrets = keysOf(want.secrets)
	for key := range want.kept {
		out.secrets[key] = true
	}
	needed := want.needed()
	for key, w := range out.written {
		switch {
		case !w.others:
		case want.declares(key):
			out.written[key] = written{zxid: w.zxid, others: !want.named[key]}
		case !needed[key]:
			delete(out.written, key)
		}
	}
	out.complete = true
}

// renew gives the ACL to those of the nodes that have it from an author who was another provider,
// once an apply is complete, and remembers who wrote the ACL. Where it cannot, the state that is
// done has the ACL as it was.
func (r *Resource) renew(ctx context.Context, planned types.Set, state, done *model, out outcome, private attr.PrivateState) diag.Diagnostics {
	author, diags := attr.LoadAuthor(ctx, private)
	self := r.Session.Identities()
	if !r.Session.Foreign(author, planned) {
		return append(diags, attr.AuthorOf(self).Save(ctx, private, planned)...)
	}
	var err error
	if out.complete {
		parents, more := session.LoadParents(ctx, private)
		diags.Append(more...)
		err = r.Session.Renew(ctx, append(parents.Paths, out.ownPaths()...), planned, state.ACL, author)
	}
	if err == nil && out.complete {
		return append(diags, attr.AuthorOf(self).Save(ctx, private, planned)...)
	}
	if err != nil {
		diags.Append(r.about(done).Error(doingSetACLs, err))
	}
	done.ACL = state.ACL
	return append(diags, author.With(self).Save(ctx, private, planned)...)
}

// finish makes a state of a plan and of what its apply has left. What the apply did not
// complete is as it was in the state, which is nil where there was none.
func (m *model) finish(state *model, out outcome) *model {
	m.DataWO = noNodes()
	if out.complete {
		switch {
		case state != nil && !out.changed && out.zxid == 0: // at most the ACLs were set
			m.Zxid = state.Zxid
		case m.Zxid.IsUnknown() || out.changed:
			m.Zxid = types.Int64Value(out.zxid)
		}
		m.DataWOKeys = keySetValue(out.secrets)
		return m
	}
	left := *m
	if state != nil {
		left = *state
	} else {
		left.Data, left.DataBase64 = noNodes(), noNodes()
		if out.doubt != nil {
			// A destruction may know nothing but the attributes.
			out.zxid = inDoubt
			out.doubt.suppose(out.holding, m)
		}
	}
	left.DataWO = noNodes()
	if out.zxid != 0 || state == nil {
		left.Zxid = types.Int64Value(out.zxid)
	}
	left.DataWOVersion = m.versionLeft(state)
	left.show(out.holding, m)
	left.DataWOKeys = keySetValue(out.secrets)
	return &left
}

// versionLeft is the data_wo_version of a state that an apply has left half-way. It is never
// null where there is a secret: ignore_changes would take that for what the user wrote.
func (m *model) versionLeft(state *model) types.String {
	switch {
	case state == nil || state.DataWOVersion.IsNull():
		return attr.Overwritten(m.DataWOVersion)
	case m.DataWOVersion.Equal(state.DataWOVersion):
		return state.DataWOVersion
	}
	return attr.Overwritten(state.DataWOVersion)
}

// lookBack reads what an apply has left: nodes in between that it did not make, and
// whether somebody else has changed already what it wrote. That is told, and the state
// keeps what was written, so that the next refresh shows their change as one.
//
// A node in between that was there is the resource's when another resource of this run had made
// it and has given it up, which left the memories.
func (a *applying) lookBack(ctx context.Context, memories map[string]any) diag.Diagnostics {
	writes, results := a.settled, a.results
	for path := range memories {
		if key := keyOf(a.out.base, path); !a.want.declares(key) && !slices.ContainsFunc(writes, func(w zk.Write) bool { return w.Path == path }) {
			writes, results = append(writes, zk.Write{Path: path}), append(results, zk.WriteResult{Needless: true})
		}
	}
	if len(writes) == 0 {
		return nil
	}
	// It is read although the run may have been interrupted meanwhile.
	ctx, end := a.client.Outlive(ctx)
	defer end()
	stats, err := a.client.Stats(ctx, pathsOf(writes))
	if err != nil {
		return diag.Diagnostics{notReadBack(a.about(a.plan), err)}
	}
	var overwritten []string
	for i, stat := range stats {
		path, wrote := writes[i].Path, results[i].Zxid
		switch {
		case wrote != 0 && stat.Mzxid != wrote:
			overwritten = append(overwritten, path)
		case wrote == 0 && stat.Czxid != 0:
			from, given := memories[path].(attr.Planned)
			ours := given && from.Czxid == stat.Czxid && from.Version == stat.Version && stat.DataLength == 0
			a.out.written[keyOf(a.out.base, path)] = written{zxid: stat.Mzxid, others: !ours}
			if !a.out.changed {
				a.out.zxid = max(a.out.zxid, stat.Mzxid)
			}
		}
	}
	if len(overwritten) == 0 {
		return nil
	}
	return diag.Diagnostics{changedSince(a.out.base, len(writes), overwritten)}
}

// removes reports whether a write removes its node.
func removes(w zk.Write) bool { return w.Kind == zk.WriteDelete || w.Kind == zk.WritePrune }

// makes reports whether a write makes its node.
func makes(w zk.Write) bool { return w.Kind == zk.WriteCreate || w.Kind == zk.WriteEnsure }

func pathsOf(writes []zk.Write) []string {
	paths := make([]string, len(writes))
	for i, w := range writes {
		paths[i] = w.Path
	}
	return paths
}
