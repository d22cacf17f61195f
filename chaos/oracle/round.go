package oracle

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"terraform-provider-zookeeper/chaos/history"
	"terraform-provider-zookeeper/chaos/scenario"
)

// A Run is a run of the CLI that has ended.
type Run struct {
	// Name tells it from the others of a round.
	Name string
	// Actor is the place of the one who ran it.
	Actor int
	Op    scenario.Op
	// Faults are those that happened.
	Faults []scenario.Fault
	// Sessions are those of its providers, as the servers granted them.
	Sessions []int64
	// Unknown are those of them in which nothing was ever asked for: the provider had gone on to
	// another server before the answer came, and cannot end what it does not know.
	Unknown []int64
	Code    int
	Output  string
	// From and To are the last transactions before it and when it had ended.
	From, To int64
	Took     time.Duration
	// StateLost tells that the CLI was ended while it wrote its state, and left none.
	StateLost bool
	// Owned are the nodes that its state has afterwards, with the transactions that created them; 0
	// where the state does not say.
	Owned map[string]int64
	// Bound is how long it may take.
	Bound time.Duration
	// Outlived tells that it had not ended by its bound, and was killed.
	Outlived bool
	// Survivors are providers that were there long after the CLI had ended.
	Survivors int
}

// Killed reports whether one of its processes was killed, be it as its fault or because it did
// not end, or whether the CLI has lost what it was told as if it had been. What such a run has
// created may be in no state.
func (r Run) Killed() bool {
	interrupts := 0
	for _, f := range r.Faults {
		if f.What == scenario.Interrupt || f.What == scenario.InterruptCLI {
			interrupts++ // the CLI takes the second one for an order to end at once
		}
		if f.What.Kills() || interrupts > 1 {
			return true
		}
	}
	return r.Outlived || r.StateLost
}

// An Act is what somebody else is known to have done.
type Act struct {
	What scenario.Act
	Path string
	// Zxid is the transaction; 0 where the server does not tell.
	Zxid int64
}

// An Import is a manual step that was needed.
type Import struct {
	Address, ID string
	// Base is the resource's path, and Path the node that was in the way.
	Base, Path string
	// After is how many runs of the round came before it.
	After int
}

// An Ending is how an actor's configuration ended, when nothing disturbed it any more.
type Ending struct {
	// Config is the configuration.
	Config scenario.Config
	// Applies is how many applies it took until a plan was empty; 0 if none was.
	Applies int
	// Why is the output of what did not end well.
	Why string
	// Imports are the manual steps.
	Imports []Import
	// State has the paths of the resources by their addresses, once the plan was empty.
	State map[string]string
	// Settled is the last transaction by then.
	Settled int64
	// Destroyed is the exit code of the destroy in the end, the last of the actor's runs.
	Destroyed int
}

// A Round is all that is known of one that has ended. Paths have no chroot.
type Round struct {
	Scenario scenario.Round
	// Before are the nodes that there were.
	Before history.Tree
	// Txns are what was done since then, and Foreign the sessions of somebody else.
	Txns    []history.Txn
	Foreign map[int64]bool
	Acts    []Act
	Runs    []Run
	Endings []Ending
}

// A Violation is something that must not be.
type Violation struct {
	// What is the invariant.
	What string
	// Text tells what happened.
	Text string
}

// String is both.
func (v Violation) String() string { return v.What + ": " + v.Text }

// Check returns all violations of a round.
func Check(r *Round) []Violation {
	k := newKnowledge(r)
	var all []Violation
	for _, invariant := range []struct {
		name  string
		check func(*knowledge, func(format string, args ...any))
	}{
		{"the harness sees everything", seesEverything},
		{"no foreign write is lost", foreignWritesStand},
		{"an atomic zookeeper_znodes is old or new", atomic},
		{"the state tells the truth", converges},
		{"a green run has done what it says", greenIsDone},
		{"a sequential node is made once, or named", sequentialOnce},
		{"two runs under one lock never interleave", fenced},
		{"a run ends within its bounds", bounded},
		{"no session is left", noSessionLeft},
		{"nothing is destroyed that was not declared", onlyDeclaredDestroyed},
		{"a destroy leaves nothing behind", nothingLeft},
	} {
		invariant.check(k, func(format string, args ...any) {
			all = append(all, Violation{invariant.name, fmt.Sprintf(format, args...)})
		})
	}
	return all
}

// Orphans counts the nodes that killed runs have left behind, which nobody can know of but who
// saw them come.
func Orphans(r *Round) int {
	k := newKnowledge(r)
	n := 0
	tree := k.treeAt(k.end())
	for _, p := range tree.Paths() {
		if k.orphan(p, tree[p], k.Runs) && !k.parents[p] && !k.kept[p] {
			n++
		}
	}
	return n
}

// knowledge is a round with what follows from it.
type knowledge struct {
	*Round

	runs   map[int64]int // runs by their sessions
	killed map[int64]bool
	// touched are nodes that somebody else has written, made or deleted, with the last
	// transaction of that.
	touched map[string]int64
	parents map[string]bool // that creations of others may leave
	kept    map[string]bool // that destructions leave
	lock    string          // of the provider
	locks   map[string]bool // all of them
}

func newKnowledge(r *Round) *knowledge {
	k := &knowledge{
		Round: r, runs: make(map[int64]int), killed: make(map[int64]bool),
		touched: make(map[string]int64), parents: make(map[string]bool), kept: make(map[string]bool), locks: make(map[string]bool),
	}
	for i, run := range r.Runs {
		for _, session := range run.Sessions {
			k.runs[session] = i
			k.killed[session] = run.Killed()
		}
		for _, p := range run.Op.Config.Parents() {
			k.parents[p] = true
		}
		for _, res := range run.Op.Config.Resources {
			if res.Keep {
				for key := range res.Nodes {
					k.kept[res.At(key)] = true
				}
			}
		}
		if run.Op.Config.Lock != "" {
			k.lock = run.Op.Config.Lock
		}
		for _, lock := range run.Op.Config.Locks() {
			k.locks[lock] = true
		}
	}
	for _, txn := range r.Txns {
		if r.Foreign[txn.Session] {
			for _, c := range txn.Changes {
				k.touched[c.Path] = txn.Zxid
			}
		}
	}
	return k
}

// end is the last transaction.
func (k *knowledge) end() int64 {
	if len(k.Txns) == 0 {
		return 0
	}
	return k.Txns[len(k.Txns)-1].Zxid
}

// treeAt is the tree after a transaction.
func (k *knowledge) treeAt(zxid int64) history.Tree {
	tree := k.Before.Clone()
	for _, txn := range k.Txns {
		if txn.Zxid > zxid {
			break
		}
		tree.Apply(txn)
	}
	return tree
}

// orphan reports whether nobody can know that a node is there: a killed run has created it, and
// the state has not had it after any of the runs.
func (k *knowledge) orphan(p string, n history.Node, runs []Run) bool {
	by, ours := k.ours(n.By)
	return ours && by.Killed() && !k.hadState(p, n, by.Actor, runs)
}

// ParentImports counts the imports of nodes that a run had made as parents, and ended before their
// own resources' turn.
func ParentImports(r *Round) int {
	k := newKnowledge(r)
	n := 0
	for _, e := range k.Endings {
		tree := k.treeAt(e.Settled)
		for _, i := range e.Imports {
			if !k.orphan(i.Path, tree[i.Path], k.Runs[:i.After]) && k.madeAsParent(i.Path, tree[i.Path], k.Runs[:i.After]) {
				n++
			}
		}
	}
	return n
}

// madeAsParent reports whether a run that did not end well has created a node on the way to another
// one, and never came to the resource that declares the node itself. Only the state of that other
// one knows of it, and a CLI tells nobody of that who creates the first: the user has to import it.
// A reference between the two avoids it.
func (k *knowledge) madeAsParent(p string, n history.Node, runs []Run) bool {
	by, ours := k.ours(n.By)
	if !ours || by.Code == 0 || k.hadState(p, n, by.Actor, runs) {
		return false
	}
	empty := slices.ContainsFunc(k.Txns, func(txn history.Txn) bool {
		return txn.Zxid == n.Czxid && slices.ContainsFunc(txn.Changes, func(c history.Change) bool {
			return c.Kind == history.Create && c.Path == p && len(c.Data) == 0
		})
	})
	return empty && slices.ContainsFunc(k.Txns, func(txn history.Txn) bool {
		return txn.Zxid >= n.Czxid && txn.Zxid <= by.To && slices.Contains(by.Sessions, txn.Session) &&
			slices.ContainsFunc(txn.Changes, func(c history.Change) bool { return c.Kind == history.Create && below(c.Path, p) })
	})
}

// ReplacementImports counts the imports of nodes whose creation had no answer, and that their replacements
// found, because the new node of a create_before_destroy comes first.
func ReplacementImports(r *Round) int {
	k := newKnowledge(r)
	n := 0
	for actor, e := range k.Endings {
		for _, i := range e.Imports {
			if k.toldToAdopt(actor, e.Config, i.Address, k.Runs[:i.After]) {
				n++
			}
		}
	}
	return n
}

// toldToAdopt reports whether a run has told an actor of a resource whose outcome is not known that it
// needs adopt_existing before the next apply. The CLI replaces such a resource, and with
// create_before_destroy the replacement is not told of the state in which the nodes are.
func (k *knowledge) toldToAdopt(actor int, c scenario.Config, address string, runs []Run) bool {
	first := slices.ContainsFunc(c.Resources, func(r scenario.Resource) bool { return r.First && r.Address() == address })
	return first && slices.ContainsFunc(runs, func(run Run) bool {
		_, told, ok := strings.Cut(run.Output, "Error: Outcome unknown\n\n  with "+address+",")
		advice, _, _ := strings.Cut(told, "\nError: ")
		return run.Actor == actor && ok && strings.Contains(strings.Join(strings.Fields(advice), " "), "With create_before_destroy, set adopt_existing = true before")
	})
}

// hadState reports whether the state has had a node after any of the runs.
func (k *knowledge) hadState(p string, n history.Node, actor int, runs []Run) bool {
	return slices.ContainsFunc(runs, func(run Run) bool {
		czxid, owned := run.Owned[p]
		return run.Actor == actor && run.To >= n.Czxid && owned && (czxid == 0 || czxid == n.Czxid)
	})
}

// ours returns the run of a session.
func (k *knowledge) ours(session int64) (Run, bool) {
	i, ok := k.runs[session]
	if !ok {
		return Run{}, false
	}
	return k.Runs[i], true
}

// ofLock reports whether a path is a lock's, or below it.
func (k *knowledge) ofLock(p string) bool { return k.locks[p] || k.locks[path.Dir(p)] }

func below(p, base string) bool { return strings.HasPrefix(p, strings.TrimSuffix(base, "/")+"/") }

// resources are those that an actor has declared up to a run, the latest of each address last.
func (k *knowledge) resources(actor int, upTo int64) []scenario.Resource {
	var all []scenario.Resource
	for _, run := range k.Runs {
		if run.Actor == actor && run.From <= upTo {
			all = append(all, run.Op.Config.Resources...)
		}
	}
	return all
}
