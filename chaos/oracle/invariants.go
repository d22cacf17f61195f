package oracle

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"terraform-provider-zookeeper/internal/zk"

	"terraform-provider-zookeeper/chaos/history"
	"terraform-provider-zookeeper/chaos/scenario"
)

type reporter = func(format string, args ...any)

// seesEverything: what somebody else was told to have done is in the history, and everything
// there was done by somebody who is known.
func seesEverything(k *knowledge, report reporter) {
	at := make(map[int64]history.Txn)
	for _, txn := range k.Txns {
		at[txn.Zxid] = txn
		if _, ours := k.runs[txn.Session]; !ours && !k.Foreign[txn.Session] && len(txn.Changes) > 0 {
			report("nobody knows who did this: %v", txn)
		}
	}
	for _, run := range k.Runs {
		if run.StateLost && !slices.ContainsFunc(run.Faults, func(f scenario.Fault) bool { return f.What.Signals() }) {
			report("%s has lost its state, and nothing had ended it", run.Name)
		}
	}
	for _, act := range k.Acts {
		if act.Zxid == 0 {
			continue
		}
		txn, ok := at[act.Zxid]
		if !ok || !k.Foreign[txn.Session] || !slices.ContainsFunc(txn.Changes, func(c history.Change) bool { return c.Path == act.Path }) {
			report("%s of %s in %#x is not in the history, which has %v", act.What, act.Path, act.Zxid, txn)
		}
	}
}

// foreignWritesStand: what somebody else has written after a run has begun to apply its plan is
// not written over or deleted by that run. It has begun by the time that the session is there
// which writes first, as the plan had another one, of a process before.
//
// One thing no client of ZooKeeper can tell: a new node begins at version 0. Where somebody else
// deletes a node and makes another one, and the versions of both are 0, a write that was on its way
// to the first goes to the second.
func foreignWritesStand(k *knowledge, report reporter) {
	tree := k.Before.Clone()
	opened, begun := make(map[int64]int64), make(map[string]int64)
	alike := make(map[string]history.Node) // what somebody else has replaced, in one transaction
	covered := make(map[string]bool)       // by an actor and a path, where the actor has set the ACL of the node
	for _, txn := range k.Txns {
		if txn.Opened {
			opened[txn.Session] = txn.Zxid
		}
		run, ours := k.ours(txn.Session)
		for _, c := range txn.Changes {
			if !ours || k.ofLock(c.Path) {
				continue
			}
			if _, ok := begun[run.Name]; !ok {
				begun[run.Name] = opened[txn.Session]
			}
			n, there := tree[c.Path]
			since := begun[run.Name]
			old, replaced := alike[c.Path]
			data := there && k.Foreign[n.DataBy] && n.Mzxid > since && (!replaced || n.Version != 0 || old.Version != 0)
			acl := there && k.Foreign[n.ACLBy] && n.Azxid > since && (!replaced || n.Aversion != 0 || old.Aversion != 0)
			switch {
			case c.Kind == history.SetData && data && !k.adopts(run, c.Path),
				c.Kind == history.SetACL && acl && !k.adopts(run, c.Path) && (covered[covering(run, c.Path)] || !k.coversAnew(run, c.Path)),
				c.Kind == history.Delete && data && !k.takesUnseen(run, c.Path):
				report("%s: %s of %s in %#x goes over what somebody else wrote in %#x, after the apply had begun (%#x)",
					run.Name, c.Kind, c.Path, txn.Zxid, max(n.Mzxid, n.Azxid), since)
			}
			if c.Kind == history.SetACL {
				covered[covering(run, c.Path)] = true
			}
		}
		if k.Foreign[txn.Session] {
			for _, c := range txn.Changes {
				if n, there := tree[c.Path]; there && c.Kind == history.Delete {
					alike[c.Path] = n
				}
			}
		}
		tree.Apply(txn)
	}
}

// adopts reports whether the user has asked for a node to be taken over as it is found.
func (k *knowledge) adopts(run Run, p string) bool {
	return slices.ContainsFunc(run.Op.Config.Resources, func(r scenario.Resource) bool { return r.Adopt && owns(r, p) })
}

func covering(run Run, p string) string { return fmt.Sprint(run.Actor, p) }

// coversAnew reports whether a run may create a zookeeper_znode_acl for a node: no run before it has
// ended well with one. Its plan has not looked
// at the nodes: it takes them as it finds them, and a destruction gives back what they had.
func (k *knowledge) coversAnew(run Run, p string) bool {
	covers := func(r scenario.Resource) bool {
		return r.Type == scenario.ZnodeACL && (r.Path == p || r.Recursive && below(p, r.Path))
	}
	return slices.ContainsFunc(run.Op.Config.Resources, covers) && !slices.ContainsFunc(k.Runs, func(before Run) bool {
		return before.Actor == run.Actor && before.From < run.From && before.Code == 0 && slices.ContainsFunc(before.Op.Config.Resources, covers)
	})
}

// takesUnseen reports whether the user has asked for whatever is at a path to be deleted: with what
// is deleted by force, or when a resource goes that is exclusive.
func (k *knowledge) takesUnseen(run Run, p string) bool {
	return slices.ContainsFunc(k.resources(run.Actor, run.From), func(r scenario.Resource) bool {
		return below(p, r.Path) && (r.Force || r.Exclusive && k.deletes(run, r.Path))
	})
}

// deletes reports whether a run has deleted a node.
func (k *knowledge) deletes(run Run, p string) bool {
	return slices.ContainsFunc(k.Txns, func(txn history.Txn) bool {
		by, ours := k.ours(txn.Session)
		return ours && by.Name == run.Name && slices.ContainsFunc(txn.Changes, func(c history.Change) bool {
			return c.Kind == history.Delete && c.Path == p
		})
	})
}

// owns reports whether a resource declares the node at a path.
func owns(r scenario.Resource, p string) bool {
	switch r.Type {
	case scenario.Znode:
		return p == r.Path
	case scenario.Znodes:
		for key := range r.Nodes {
			if p == r.At(key) {
				return true
			}
		}
	case scenario.Sequential:
		return isNumbered(p, r.Path)
	case scenario.Quota:
		return p == scenario.QuotaOf(r.Path)
	case scenario.EnsurePath, scenario.ZnodeACL:
	}
	return false
}

// isNumbered reports whether a path is a prefix and the number of a sequential node.
func isNumbered(p, prefix string) bool {
	number, ok := strings.CutPrefix(p, prefix)
	return ok && zk.IsSequenceNumber(number)
}

// atomic: after each transaction, the nodes of a zookeeper_znodes are as one of its
// configurations declares them, or not there. Those that somebody else has touched are nobody's
// to judge, and neither is a resource that had to be imported, with some of the nodes that a
// killed run had created.
func atomic(k *knowledge, report reporter) {
	versions := make(map[string][]map[string]string)
	for _, run := range k.Runs {
		for _, r := range run.Op.Config.Resources {
			if r.Type != scenario.Znodes || r.Split || k.imported(run.Actor, r.Path) {
				continue
			}
			version := make(map[string]string)
			for key, c := range r.Nodes {
				version[r.At(key)] = c.Data
			}
			if !slices.ContainsFunc(versions[r.Path], func(other map[string]string) bool { return maps.Equal(other, version) }) {
				versions[r.Path] = append(versions[r.Path], version)
			}
		}
	}
	for _, base := range slices.Sorted(maps.Keys(versions)) {
		nodes := make(map[string]bool)
		for _, version := range versions[base] {
			for p := range version {
				if _, touched := k.touched[p]; !touched {
					nodes[p] = true
				}
			}
		}
		allowed := append([]map[string]string{{}}, versions[base]...)
		tree := k.Before.Clone()
		for _, txn := range k.Txns {
			tree.Apply(txn)
			if !slices.ContainsFunc(txn.Changes, func(c history.Change) bool { return nodes[c.Path] }) {
				continue
			}
			if !slices.ContainsFunc(allowed, func(version map[string]string) bool { return holds(tree, version, nodes) }) {
				report("after %v the nodes below %s are neither as before nor as declared", txn, base)
				break
			}
		}
	}
}

// holds reports whether those of the nodes that a version has are there as it says, and the
// others are not.
func holds(tree history.Tree, version map[string]string, nodes map[string]bool) bool {
	for p := range nodes {
		n, there := tree[p]
		data, declared := version[p]
		if there != declared || there && string(n.Data) != data {
			return false
		}
	}
	return true
}

// converges: without faults, two applies are enough for an empty plan, with no manual step but
// imports of what a killed run has created, or any run on the way to something else, or one that has
// asked for a manual step before a replacement; and then the servers have what is declared.
func converges(k *knowledge, report reporter) {
	for actor, e := range k.Endings {
		if e.Applies == 0 {
			report("actor %d: after two applies without faults the plan is not empty:\n%s", actor, e.Why)
			continue
		}
		tree := k.treeAt(e.Settled)
		for _, i := range e.Imports {
			if k.Foreign[tree[i.Path].By] {
				continue // somebody else has created it, and has left it because of what is below by now
			}
			if before := k.Runs[:i.After]; !k.orphan(i.Path, tree[i.Path], before) && !k.madeAsParent(i.Path, tree[i.Path], before) && !k.toldToAdopt(actor, e.Config, i.Address, before) {
				report("actor %d: %s had to be imported, and no killed run had created it without its getting into the state", actor, i.Path)
			}
		}
		for _, text := range differences(tree, e.Config) {
			report("actor %d: the plan is empty, and %s", actor, text)
		}
	}
}

// differences tells how a tree differs from what a configuration declares.
func differences(tree history.Tree, c scenario.Config) (texts []string) {
	for _, w := range c.Wants() {
		texts = append(texts, difference(tree, w)...)
	}
	for _, r := range c.Resources {
		if !r.Exclusive {
			continue
		}
		between := make(map[string]bool)
		for key := range r.Nodes {
			for p := r.At(key); p != r.Path && p != "/"; p = path.Dir(p) {
				between[p] = true
			}
		}
		for _, p := range tree.Paths() {
			if below(p, r.Path) && !between[p] {
				texts = append(texts, p+" is there, below the exclusive "+r.Address())
			}
		}
	}
	return texts
}

func difference(tree history.Tree, w scenario.Want) (texts []string) {
	n, there := tree[w.Path]
	switch {
	case !there:
		return []string{w.Path + " is not there, which " + w.By + " declares"}
	case !w.Any && string(n.Data) != w.Data && (!w.JSON || !sameJSON(n.Data, []byte(w.Data))):
		texts = append(texts, w.Path+" does not hold what "+w.By+" declares")
	}
	if w.ACL == nil {
		return texts
	}
	for _, p := range tree.Paths() {
		if (p == w.Path || w.Below && below(p, w.Path)) && !scenario.Same(tree[p].ACL, w.ACL) {
			texts = append(texts, p+" does not have the ACL that "+w.By+" declares")
		}
	}
	return texts
}

func sameJSON(a, b []byte) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}

// greenIsDone: after an apply that ends well the servers have what it was to bring about, but
// for what somebody else changed meanwhile.
func greenIsDone(k *knowledge, report reporter) {
	for _, run := range k.Runs {
		if run.Code != 0 || run.Op.Command != scenario.Apply {
			continue
		}
		tree := k.treeAt(run.To)
		for _, w := range run.Op.Config.Wants() {
			if k.disturbed(run, w) {
				continue
			}
			for _, text := range difference(tree, w) {
				report("%s ended well, and %s", run.Name, text)
			}
		}
	}
}

// disturbed reports whether somebody else changed during a run what is wanted of a node.
func (k *knowledge) disturbed(run Run, w scenario.Want) bool {
	for _, txn := range k.Txns {
		if txn.Zxid <= run.From || txn.Zxid > run.To || !k.Foreign[txn.Session] {
			continue
		}
		for _, c := range txn.Changes {
			if c.Path == w.Path || below(w.Path, c.Path) || w.Below && below(c.Path, w.Path) {
				return true
			}
		}
	}
	return false
}

// sequentialOnce: of each resource there is one node, or else the others were named, or come
// from a killed run.
func sequentialOnce(k *knowledge, report reporter) {
	for actor, e := range k.Endings {
		if e.Applies == 0 {
			continue
		}
		tree := k.treeAt(e.Settled)
		for _, r := range e.Config.Resources {
			if r.Type != scenario.Sequential {
				continue
			}
			p := e.State[r.Address()]
			n, there := tree[p]
			switch {
			case !there || !isNumbered(p, r.Path):
				report("actor %d: %s has %q in its state, which is not there", actor, r.Address(), p)
			case string(n.Data) != r.Nodes[""].Data:
				report("actor %d: %s does not hold what %s declares", actor, p, r.Address())
			case r.ACL != scenario.NoACL && !scenario.Same(n.ACL, r.ACL.Entries()):
				report("actor %d: %s does not have the ACL that %s declares", actor, p, r.Address())
			}
		}
		mine := slices.Collect(maps.Values(e.State))
		for _, p := range tree.Paths() {
			run, ours := k.ours(tree[p].By)
			if !ours || run.Actor != actor || slices.Contains(mine, p) || k.orphan(p, tree[p], k.Runs) || !k.numbered(actor, p) {
				continue
			}
			if !k.named(actor, p) {
				report("actor %d: %s was created by %s, is in no state, and was never named", actor, p, run.Name)
			}
		}
	}
}

// numbered reports whether a node is one of an actor's sequential ones.
func (k *knowledge) numbered(actor int, p string) bool {
	return slices.ContainsFunc(k.resources(actor, k.end()), func(r scenario.Resource) bool {
		return r.Type == scenario.Sequential && isNumbered(p, r.Path)
	})
}

// named reports whether a warning or an error has named a node to an actor.
func (k *knowledge) named(actor int, p string) bool {
	return slices.ContainsFunc(k.Runs, func(run Run) bool {
		return run.Actor == actor && slices.ContainsFunc(strings.Split(run.Output, "\n"), func(line string) bool {
			return strings.Contains(line, p) && !isPlan.MatchString(line)
		})
	})
}

// isPlan matches a line of a plan, which shows an attribute.
var isPlan = regexp.MustCompile(`^\s*[-+~]? *[a-z_]+ += `)

// fenced: who takes the provider's lock writes only while the first contender is its own session's.
// A run under a zookeeper_lock that ends well has made and changed what waits for it only then.
func fenced(k *knowledge, report reporter) {
	tree := k.Before.Clone()
	for _, txn := range k.Txns {
		run, ours := k.ours(txn.Session)
		for _, c := range txn.Changes {
			if !ours || run.Code != 0 || c.Kind == history.Delete || !underLock(run, c.Path) {
				continue
			}
			if c.Kind == history.Create && len(c.Data) == 0 {
				continue // as the parent of another resource's node, which does not wait for the lock
			}
			if holder, first := holder(tree, run.Op.Config.Ephemeral); holder != txn.Session {
				report("%s has ended well, and has written without its zookeeper_lock, which %q holds: %v", run.Name, first, txn)
			}
		}
		if ours && run.Op.Config.Lock != "" && slices.ContainsFunc(txn.Changes, func(c history.Change) bool { return !k.ofLock(c.Path) }) {
			if holder, first := holder(tree, k.lock); holder != txn.Session {
				report("%s has written without the lock, which %q holds: %v", run.Name, first, txn)
				return
			}
		}
		tree.Apply(txn)
	}
}

// underLock reports whether a node is of the resource that a run makes and changes under a
// zookeeper_lock alone.
func underLock(run Run, p string) bool {
	locked := run.Op.Config.Locked()
	return locked != "" && slices.ContainsFunc(run.Op.Config.Resources, func(r scenario.Resource) bool { return r.Address() == locked && owns(r, p) })
}

// holder returns the session of a lock's first contender, and its name.
func holder(tree history.Tree, lock string) (session int64, name string) {
	number := func(name string) string { return name[max(0, len(name)-10):] }
	for _, p := range tree.Paths() {
		if path.Dir(p) != lock || tree[p].Owner == 0 {
			continue
		}
		if name == "" || number(path.Base(p)) < number(name) {
			session, name = tree[p].Owner, path.Base(p)
		}
	}
	return session, name
}

// bounded: every run ends, and its providers with it.
func bounded(k *knowledge, report reporter) {
	for _, run := range k.Runs {
		if run.Outlived {
			report("%s had not ended after %v:\n%s", run.Name, run.Bound, tail(run.Output))
		}
		if run.Survivors > 0 {
			report("%s has left %d processes behind", run.Name, run.Survivors)
		}
	}
}

func tail(output string) string {
	const most = 2000
	return output[max(0, len(output)-most):]
}

// noSessionLeft: all sessions of runs end; those of a run that nothing disturbed, and that it knows,
// are ended by the run, before it ends.
func noSessionLeft(k *knowledge, report reporter) {
	closed := make(map[int64]history.Txn)
	for _, txn := range k.Txns {
		if txn.Closed {
			closed[txn.Session] = txn
		}
	}
	for _, run := range k.Runs {
		for _, session := range run.Sessions {
			txn, ended := closed[session]
			switch {
			case !ended:
				report("the session %#x of %s was still there long after it", session, run.Name)
			case k.quiet(run) && !slices.Contains(run.Unknown, session) && (txn.Cxid == 0 || txn.Zxid > run.To):
				report("the session %#x of %s, which nothing disturbed, was left to its timeout", session, run.Name)
			}
		}
	}
}

// quiet reports whether nothing has disturbed a run, be it by a run beside that had the servers fail.
func (k *knowledge) quiet(run Run) bool {
	return len(run.Faults) == 0 && !run.Outlived && !slices.ContainsFunc(k.Runs, func(other Run) bool {
		return other.From < run.To && run.From < other.To &&
			slices.ContainsFunc(other.Faults, func(f scenario.Fault) bool { return f.What.Servers() })
	})
}

// onlyDeclaredDestroyed: a run deletes what runs have created, and of what others have created
// only what the configuration claims. A node that existed before exists in the end, as before.
func onlyDeclaredDestroyed(k *knowledge, report reporter) {
	tree := k.Before.Clone()
	for _, txn := range k.Txns {
		run, ours := k.ours(txn.Session)
		for _, c := range txn.Changes {
			n, there := tree[c.Path]
			_, made := k.runs[n.By]
			switch {
			case !ours || !there || c.Kind != history.Delete:
			case k.ofLock(c.Path):
				if n.Owner != txn.Session {
					report("%s has deleted the contender %s of somebody else", run.Name, c.Path)
				}
			case !made && !k.claimed(run, c.Path):
				report("%s has deleted %s, which nobody has declared, in %#x", run.Name, c.Path, txn.Zxid)
			}
		}
		tree.Apply(txn)
	}
	k.bystanders(tree, report)
}

// claimed reports whether a configuration gives a run a right to a node that others have
// created.
func (k *knowledge) claimed(run Run, p string) bool {
	return slices.ContainsFunc(k.resources(run.Actor, run.From), func(r scenario.Resource) bool {
		return owns(r, p) || r.Force && below(p, r.Path) || r.Exclusive && below(p, r.Path)
	})
}

// bystanders looks whether those who were there before are there in the end.
func (k *knowledge) bystanders(tree history.Tree, report reporter) {
	for actor, a := range k.Scenario.Actors {
		if actor < len(k.Endings) && k.Endings[actor].Destroyed != 0 {
			continue // what was not given back could not be, and something else has told so
		}
		for _, b := range a.Bystanders {
			if slices.ContainsFunc(k.resources(actor, k.end()), func(r scenario.Resource) bool { return r.Adopt && r.Path == b.Path }) {
				continue
			}
			n, there := tree[b.Path]
			_, touched := k.touched[b.Path]
			switch {
			case !there && !touched:
				report("%s is gone", b.Path)
			case touched || !there:
			case string(n.Data) != b.Data:
				report("%s does not hold what it held before", b.Path)
			case !scenario.Same(n.ACL, b.ACL.Entries()) && !k.killedAt(b.Path):
				report("%s does not have the ACL that it had before", b.Path)
			}
		}
	}
}

// killedAt reports whether a killed run has set the ACL of a node: what it was before is then
// known to nobody.
func (k *knowledge) killedAt(p string) bool {
	return slices.ContainsFunc(k.Txns, func(txn history.Txn) bool {
		return k.killed[txn.Session] && slices.ContainsFunc(txn.Changes, func(c history.Change) bool {
			return c.Kind == history.SetACL && c.Path == p
		})
	})
}

// nothingLeft: a destroy that ends well has removed all that runs of its actor have created, but
// for what stays by contract and what killed runs have left.
func nothingLeft(k *knowledge, report reporter) {
	for _, run := range k.Runs {
		if run.Op.Command == scenario.Destroy && run.Code == 0 {
			k.left(run.Name, run.Actor, run.To, report)
		}
	}
	for actor, e := range k.Endings {
		if e.Applies > 0 && e.Destroyed != 0 && !k.keptByOrphans(e) {
			report("actor %d: the destroy in the end failed, with exit code %d:\n%s", actor, e.Destroyed, e.Why)
		}
	}
}

// notEmpty matches what is said of a node that was not deleted because of others below it.
var notEmpty = regexp.MustCompile(`(?m)^Error: Znode is not empty\n+"([^"]+)" was not deleted`)

// keptByOrphans reports whether a destroy has failed only because of what killed runs have left below its
// nodes. Nobody knows of that: it is for the user to remove.
func (k *knowledge) keptByOrphans(e Ending) bool {
	kept := notEmpty.FindAllStringSubmatch(e.Why, -1)
	tree := k.treeAt(k.end())
	if len(kept) == 0 || len(kept) != strings.Count(e.Why, "Error: ") {
		return false
	}
	for _, found := range kept {
		orphans := 0
		for _, p := range tree.Paths() {
			switch {
			case !below(p, found[1]):
			case !k.orphan(p, tree[p], k.Runs):
				return false
			default:
				orphans++
			}
		}
		if orphans == 0 {
			return false
		}
	}
	return true
}

func (k *knowledge) left(name string, actor int, at int64, report reporter) {
	tree := k.treeAt(at)
	for _, p := range tree.Paths() {
		n := tree[p]
		run, ours := k.ours(n.By)
		switch {
		case !ours || run.Actor != actor, k.ofLock(p), k.parents[p], k.kept[p], k.orphan(p, n, k.Runs):
		case k.numbered(actor, p) && k.named(actor, p):
		case k.toldToStay(actor, p), k.imported(actor, p):
		case k.foreignIn(tree, actor, p), k.aboveOrphan(tree, p):
		default:
			report("%s ended well, and %s, which %s had created in %#x, is still there", name, p, run.Name, n.Czxid)
		}
	}
}

// aboveOrphan reports whether a node cannot go because of what a killed run has left below it, of which
// nobody knows.
func (k *knowledge) aboveOrphan(tree history.Tree, p string) bool {
	for at, n := range tree {
		if below(at, p) && k.orphan(at, n, k.Runs) {
			return true
		}
	}
	return false
}

// imported reports whether a node is one that a resource no longer owns since it had to be
// imported: an import takes over what is declared, and not what lies between.
func (k *knowledge) imported(actor int, p string) bool {
	return actor < len(k.Endings) && slices.ContainsFunc(k.Endings[actor].Imports, func(i Import) bool { return p == i.Base || below(p, i.Base) })
}

// toldToStay reports whether the CLI has told an actor that a node stays: because something is in
// it, be it of another resource, or because the apply that replaced its resource had stopped before
// it destroyed the old object. It is in no state then, and later destroys do not know of it.
func (k *knowledge) toldToStay(actor int, p string) bool {
	return slices.ContainsFunc(k.Runs, func(run Run) bool {
		return run.Actor == actor && slices.ContainsFunc([]string{"Path is not empty", "Deposed object was left as it is"}, func(title string) bool {
			_, told, ok := strings.Cut(run.Output, "Warning: "+title)
			return ok && strings.Contains(told, `"`+p+`"`)
		})
	})
}

// foreignIn reports whether somebody else has kept a node from being removed: by having one of
// their own below it, or by having written to it, or below it, where no resource declares what it
// holds. Those that are declared go with what others have written before the plan.
func (k *knowledge) foreignIn(tree history.Tree, actor int, p string) bool {
	for at, n := range tree {
		if below(at, p) && !k.isOurs(n.By) {
			return true
		}
	}
	if slices.ContainsFunc(k.resources(actor, k.end()), func(r scenario.Resource) bool { return owns(r, p) }) {
		return false
	}
	for at := range k.touched {
		if at == p || below(at, p) {
			return true
		}
	}
	return false
}

func (k *knowledge) isOurs(session int64) bool {
	_, ours := k.runs[session]
	return ours
}
