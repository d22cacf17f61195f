package session

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Requests counts the requests of the CLI that are under way. All sessions of a process share
// it. The zero value is a count of none.
type Requests struct {
	mu sync.Mutex
	// running are under way; waiting are those of them that wait for the others.
	running, waiting int
	changed          chan struct{} // closed when one has begun or ended
	// read is set once a resource has been read: CLIs do so in plans, and never in an apply.
	read bool
	// applied is set once something has been applied.
	applied bool
}

// Read notes that a resource is read.
func (r *Requests) Read() { r.change(func() { r.read = true }) }

// Apply notes that something is applied.
func (r *Requests) Apply() { r.change(func() { r.applied = true }) }

func (r *Requests) haveApplied() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.applied
}

func (r *Requests) haveRead() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.read
}

// Begin counts a request until the function that it returns is called.
func (r *Requests) Begin() (end func()) {
	r.change(func() { r.running++ })
	return func() { r.change(func() { r.running-- }) }
}

func (r *Requests) change(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f()
	if r.changed != nil {
		close(r.changed)
		r.changed = nil
	}
}

// state returns what is closed at the next change, and whether a request is under way that does
// not wait for the others.
func (r *Requests) state() (changed <-chan struct{}, busy bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.changed == nil {
		r.changed = make(chan struct{})
	}
	return r.changed, r.running > r.waiting
}

// lull is how long no request begins or ends before it is taken for the end of what the CLI can
// do at the same time.
const lull = 50 * time.Millisecond

// othersDone waits until nothing but requests that wait here has been under way for a moment, or
// until done reports true.
func (r *Requests) othersDone(ctx context.Context, done func() bool) {
	r.change(func() { r.waiting++ })
	defer r.change(func() { r.waiting-- })
	timer := time.NewTimer(lull)
	defer timer.Stop()
	for !done() {
		changed, busy := r.state()
		timer.Reset(lull)
		if busy {
			timer.Stop()
		}
		select {
		case <-changed:
		case <-timer.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// plans remembers of which nodes resources have a part when what is planned has been applied.
// A destruction knows of none of them by itself: a CLI tells a provider of one resource at a time.
type plans struct {
	mu sync.Mutex
	// kept are the parts that a resource has before and after the apply.
	kept map[part]bool
	// created are those that a creation gets, and the kind of node that it makes.
	created map[part]string
	// begun are the types of resources that a creation of this process has begun.
	begun map[string]bool
	// undone are the parts that a planned destruction undoes: nobody was known to have them.
	undone map[part]bool
	// vain counts the destructions that have waited for nothing.
	vain int
}

func newPlans() plans {
	return plans{kept: make(map[part]bool), created: make(map[part]string), begun: make(map[string]bool), undone: make(map[part]bool)}
}

// mostVain is how many destructions of a plan wait in vain for resources that have their nodes
// afterwards. Where there are many, they take all places that the CLI has for what runs at the
// same time, and nobody else comes to plan.
const mostVain = 20

// Keeps notes, in a plan, that a resource has the part of the nodes before and after the apply.
// It returns those that a destruction of the same plan undoes.
func (s *Session) Keeps(what Part, paths ...string) (undone []string) {
	s.plans.mu.Lock()
	defer s.plans.mu.Unlock()
	for _, path := range paths {
		s.plans.kept[part{what, path}] = true
		if s.plans.undone[part{what, path}] {
			undone = append(undone, path)
		}
	}
	return undone
}

// Persistent is the kind of all nodes that can be of no other.
const Persistent = "persistent"

// Creates notes, in a plan, that a creation gets the part of the nodes, and of which kind it makes
// them.
func (s *Session) Creates(what Part, kind string, paths ...string) {
	s.plans.mu.Lock()
	defer s.plans.mu.Unlock()
	for _, path := range paths {
		s.plans.created[part{what, path}] = kind
	}
}

// CreatedAs returns the kind of node that a planned creation makes; empty where there is none.
func (s *Session) CreatedAs(path string) string {
	s.plans.mu.Lock()
	defer s.plans.mu.Unlock()
	return s.plans.created[part{Whole, path}]
}

// Begins notes that a creation of a resource of the type begins, in an apply.
func (s *Session) Begins(typ string) {
	s.plans.mu.Lock()
	defer s.plans.mu.Unlock()
	s.plans.begun[typ] = true
}

// Successors returns, for the plan of a destruction, those of the nodes whose part another
// resource keeps, and those whose part a creation gets. With below, what is below the nodes
// counts too. Other resources may be planned later: it waits until the CLI has nothing else to
// plan at the same time.
func (s *Session) Successors(ctx context.Context, what Part, below bool, paths ...string) (kept, created []string) {
	if len(paths) == 0 || s.requests != nil && !s.requests.haveRead() && s.requests.haveApplied() {
		return nil, nil // a deposed object, in an apply: see Spare
	}
	s.plans.mu.Lock()
	patient := s.plans.vain < mostVain
	s.plans.mu.Unlock()
	if patient && s.requests != nil {
		s.requests.othersDone(ctx, func() bool {
			s.plans.mu.Lock()
			defer s.plans.mu.Unlock()
			kept, created = s.plans.successors(what, false, paths)
			return len(kept)+len(created) == len(paths) && !below
		})
	}
	s.plans.mu.Lock()
	defer s.plans.mu.Unlock()
	kept, created = s.plans.successors(what, below, paths)
	if len(kept)+len(created) == 0 {
		s.plans.vain++
	}
	if s.requests != nil && !s.requests.haveRead() {
		return kept, created // perhaps a deposed object, in an apply
	}
	for _, path := range paths {
		if !slices.Contains(kept, path) && !slices.Contains(created, path) {
			s.plans.undone[part{what, path}] = true
		}
	}
	return kept, created
}

// successors is what is known so far. The lock is held.
func (pl *plans) successors(what Part, below bool, paths []string) (kept, created []string) {
	for _, path := range paths {
		switch p := (part{what, path}); {
		case pl.created[p] != "":
			created = append(created, path)
		case pl.kept[p]:
			kept = append(kept, path)
		}
		if below {
			for p := range pl.kept {
				if p.what == what && p.path != path && Within(p.path, path) {
					kept = append(kept, p.path)
				}
			}
		}
	}
	slices.Sort(kept)
	return slices.Compact(kept), created
}

// A Succession is what the plan of a destruction tells the apply.
type Succession struct {
	// By is the session that has planned it.
	By string `json:"by"`
	// Own are the nodes that it gives up, Kept those of them, and of what is below them, that
	// another resource of the configuration keeps.
	Own  []string `json:"own"`
	Kept []string `json:"kept,omitempty"`
}

// Succeeds returns the succession of a destruction that this session plans.
func (s *Session) Succeeds(own, kept []string) Succession {
	return Succession{By: s.id, Own: own, Kept: kept}
}

// Spare has a destruction of a resource of the type leave those of its nodes that another
// resource of the configuration keeps, as if that had taken them over in this run.
//
// The CLIs plan the destruction of a deposed object, which create_before_destroy has left, once
// more in the apply, where nothing is known of what others keep. Where the replacement is this
// same apply's, a creation of the type has come before it, and what that has taken over is known.
// An object that an earlier apply has left behind, because it stopped half-way, mostly has the same
// nodes as the resource itself. So those are to be left, and are returned. It cannot be told from
// the first kind where the apply has created another resource of the type.
func (s *Session) Spare(typ string, what Part, told Succession) (deposed []string) {
	s.plans.mu.Lock()
	begun := s.plans.begun[typ]
	s.plans.mu.Unlock()
	if told.By == s.id && s.requests != nil && !s.requests.haveRead() && !begun {
		return told.Own
	}
	s.handover.mu.Lock()
	defer s.handover.mu.Unlock()
	for _, path := range told.Kept {
		s.handover.take(part{what, path}).owned = true
	}
	return nil
}
