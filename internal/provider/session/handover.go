package session

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// A Part is what two resources can both have of a node.
type Part int

const (
	// Whole is the node: that it is there, and its data.
	Whole Part = iota
	// ItsACL is the node's ACL.
	ItsACL
	// beforeSecret is the node's ACL, where a secret was the reason to set it.
	beforeSecret
)

type part struct {
	what Part
	path string
}

// handover lets what one resource of a run has taken over outlive the destruction of the one
// that had it before. Two resources of one apply have the same node after a replacement with
// create_before_destroy, and when a resource was renamed without a `moved` block.
//
// In which order the new one is created and the old one destroyed is the CLI's to decide. After
// a rename the two are independent of each other, so a creation that comes first can wait for
// the destruction, and a destruction that comes first can leave what it remembers. With
// create_before_destroy there is nothing to wait for: the CLI begins the destruction only after
// the creation has ended, and tells the provider nothing of the old one before that, neither
// its attributes nor its private state. Then the destruction leaves the node as it is, and its
// warning says what the new one does not know.
type handover struct {
	mu sync.Mutex
	// taken are the parts that a resource of this run has since its creation.
	taken map[part]*taking
	// heirs are the creations under way by what they claim, the oldest first.
	heirs map[part][]*Heir
	// waiting are those of them that wait for a destruction, the oldest first.
	waiting []*Heir
	// left are the parts that a destruction left as they are, with what it remembers.
	left map[part]any
	// picked is closed when a creation has got something that was left; nil where nobody waits.
	picked chan struct{}
	// missed are the parts that a creation claimed, and did not have when it ended.
	missed map[part]bool
	// going are the parts that a destruction is undoing, and ended those that one has undone.
	going map[part]chan struct{}
	ended map[part]bool
	// given counts the destructions so far, and vain is how many there were when a creation
	// last waited for nothing: the next one waits only after there was another.
	given, vain int
	// patience is how long a creation waits while nothing happens, and last is when something
	// did.
	patience time.Duration
	last     time.Time
}

// leastPatience is what is left of the patience when many have waited in vain.
const leastPatience = quiet / 100

// A taking is a part that a resource has since its creation.
type taking struct {
	// owned is set where the resource deletes the node, or sets its data or its ACL.
	owned bool
	// found is what a creation that owns nothing of the part knows of it.
	found any
	// heard is set where a destruction has told what it remembers.
	heard bool
}

func newHandover() handover {
	return handover{
		taken: make(map[part]*taking), heirs: make(map[part][]*Heir), left: make(map[part]any), missed: make(map[part]bool), going: make(map[part]chan struct{}), ended: make(map[part]bool),
		vain: -1, patience: quiet,
	}
}

// Took notes that a resource of this run has the part of the nodes from here on: it has made
// them or taken them over.
func (s *Session) Took(what Part, paths ...string) {
	s.handover.mu.Lock()
	for _, path := range paths {
		s.handover.take(part{what, path}).owned = true
	}
	s.handover.mu.Unlock()
	if what == Whole {
		s.acts.made(paths...)
	}
}

// take returns the taking of a part, which is made where there is none. The lock is held.
func (h *handover) take(p part) *taking {
	if h.taken[p] == nil {
		h.taken[p] = new(taking)
	}
	return h.taken[p]
}

// Taken reports whether a resource of this run has the part of the node since its creation.
func (s *Session) Taken(what Part, path string) bool {
	s.handover.mu.Lock()
	defer s.handover.mu.Unlock()
	return s.handover.taken[part{what, path}] != nil
}

// Missed reports whether a creation of this run has claimed the part of the node, and has ended
// without it.
func (s *Session) Missed(what Part, path string) bool {
	s.handover.mu.Lock()
	defer s.handover.mu.Unlock()
	return s.handover.missed[part{what, path}]
}

// Borrowed reports whether a resource of this run needs the part of the node since its creation
// and does not own it, nor knows of anybody who did.
func (s *Session) Borrowed(what Part, path string) bool {
	s.handover.mu.Lock()
	defer s.handover.mu.Unlock()
	taking := s.handover.taken[part{what, path}]
	return taking != nil && !taking.owned && !taking.heard && taking.found != nil
}

// TakenBelow returns the paths of the nodes below one that a resource of this run has since its
// creation, or is about to get, sorted.
func (s *Session) TakenBelow(path string) []string {
	h := &s.handover
	h.mu.Lock()
	defer h.mu.Unlock()
	below := make(map[string]bool)
	note := func(p part) {
		if p.what == Whole && p.path != path && Within(p.path, path) {
			below[p.path] = true
		}
	}
	for p := range h.taken {
		note(p)
	}
	for p := range h.heirs {
		note(p)
	}
	return slices.Sorted(maps.Keys(below))
}

// A Fate is what becomes of nodes that a destruction gives up, by path. Those in neither of the
// two are the destruction's to undo.
type Fate struct {
	// Handed are the nodes that another resource of this run has, which knows by now what the
	// destroyed one remembers.
	Handed map[string]bool
	// Kept are the nodes that another resource of this run has, which knows nothing of that:
	// with what it found at its creation, nil where it owns the node.
	Kept map[string]any
}

// Stays reports whether a node stays as it is.
func (f Fate) Stays(path string) bool {
	_, kept := f.Kept[path]
	return kept || f.Handed[path]
}

// GiveUp is called by a destruction, before it undoes anything, with the nodes that it has and
// what it remembers of each. It returns those that another resource of this run has: they
// stay as they are, and the others are the caller's to undo. Until [Session.Undone] is called of
// those, which [Session.Delete] does, creations that claim them wait.
func (s *Session) GiveUp(what Part, nodes map[string]any) map[string]bool {
	fate := s.Give(what, nodes)
	kept := fate.Handed
	for path := range fate.Kept {
		kept[path] = true
	}
	return kept
}

// Give is [Session.GiveUp] that tells what the other resource knows.
func (s *Session) Give(what Part, nodes map[string]any) Fate {
	h := &s.handover
	h.mu.Lock()
	defer h.mu.Unlock()
	h.given++
	h.last = time.Now()
	fate := Fate{Handed: make(map[string]bool), Kept: make(map[string]any)}
	for _, path := range slices.Sorted(maps.Keys(nodes)) {
		p := part{what, path}
		switch {
		case len(h.heirs[p]) > 0:
			h.heirs[p][0].receive(path, nodes[path])
			fate.Handed[path] = true
		case h.taken[p] == nil:
			if h.going[p] == nil {
				h.going[p] = make(chan struct{})
			}
		case h.taken[p].owned:
			fate.Kept[path] = nil
		default:
			fate.Kept[path] = h.taken[p].found
		}
	}
	for _, heir := range h.waiting {
		heir.nudge()
	}
	return fate
}

// Undone tells that a destruction has undone what it had of the nodes, as far as it could.
func (s *Session) Undone(what Part, paths ...string) {
	s.handover.mu.Lock()
	defer s.handover.mu.Unlock()
	for _, path := range paths {
		p := part{what, path}
		if ended := s.handover.going[p]; ended != nil {
			close(ended)
			delete(s.handover.going, p)
			s.handover.ended[p] = true
		}
	}
}

// Leave is called by a destruction that leaves nodes as they are, although no other resource of
// this run has them yet: by the user's wish, or because others use them. A creation of this run
// that comes later gets what the caller remembers of them.
func (s *Session) Leave(what Part, nodes map[string]any) {
	fate := s.Give(what, nodes)
	left := make(map[string]any)
	for path, memory := range nodes {
		if !fate.Stays(path) {
			left[path] = memory
		}
	}
	s.Bequeath(what, left)
}

// HandOn is [Session.Leave] to a creation that the plan has. It waits for that for a moment: when
// ctx ends meanwhile, the nodes are the caller's as before, and the error says so. A creation that
// comes later gets them all the same.
func (s *Session) HandOn(ctx context.Context, what Part, nodes map[string]any) error {
	s.Leave(what, nodes)
	timer := time.NewTimer(quiet)
	defer timer.Stop()
	for {
		picked := s.unpicked(what, nodes)
		if picked == nil {
			return nil
		}
		select {
		case <-picked:
		case <-timer.C:
			return nil
		case <-ctx.Done():
			if s.withdraw(what, nodes) {
				return ctx.Err()
			}
			return nil
		}
	}
}

// withdraw takes back what was left, unless a creation has got something of it by now.
func (s *Session) withdraw(what Part, nodes map[string]any) bool {
	s.handover.mu.Lock()
	defer s.handover.mu.Unlock()
	for path := range nodes {
		if _, left := s.handover.left[part{what, path}]; !left {
			return false
		}
	}
	for path := range nodes {
		delete(s.handover.left, part{what, path})
	}
	return true
}

// unpicked returns what is closed when a creation gets something that was left; nil where it has
// got all of the nodes.
func (s *Session) unpicked(what Part, nodes map[string]any) <-chan struct{} {
	h := &s.handover
	h.mu.Lock()
	defer h.mu.Unlock()
	for path := range nodes {
		if _, left := h.left[part{what, path}]; left {
			if h.picked == nil {
				h.picked = make(chan struct{})
			}
			return h.picked
		}
	}
	return nil
}

// Bequeath is [Session.Leave] of nodes that have been given up before.
func (s *Session) Bequeath(what Part, nodes map[string]any) {
	s.handover.mu.Lock()
	for path, memory := range nodes {
		s.handover.left[part{what, path}] = memory
	}
	s.handover.mu.Unlock()
	s.Undone(what, slices.Collect(maps.Keys(nodes))...)
}

// An Heir is a creation that is under way. From its first claim to its end it gets whatever
// destructions give up of what it claims.
type Heir struct {
	session *Session
	what    Part
	paths   map[string]bool
	news    chan struct{} // has one where something has happened since it was last looked

	// What follows is guarded by the handover's mutex.

	memories map[string]any
}

// Heir returns an heir that claims nothing yet. It must be closed.
func (s *Session) Heir(what Part) *Heir {
	return &Heir{session: s, what: what, paths: make(map[string]bool), news: make(chan struct{}, 1), memories: make(map[string]any)}
}

// receive takes what a destruction remembers of a node. The lock is held.
func (h *Heir) receive(path string, memory any) {
	h.memories[path] = memory
	h.session.handover.take(part{h.what, path}).heard = true
	h.nudge()
}

func (h *Heir) nudge() {
	select {
	case h.news <- struct{}{}:
	default:
	}
}

// Claim claims the part of the nodes, and waits for the end of destructions that are undoing
// what they had of them. It reports whether there was one, under way or just before the claim:
// whatever the caller has read before may be something else by then.
func (h *Heir) Claim(ctx context.Context, paths ...string) (undone bool) {
	undone = h.claim(paths)
	for _, path := range paths {
		h.session.handover.mu.Lock()
		ended := h.session.handover.going[part{h.what, path}]
		h.session.handover.mu.Unlock()
		if ended == nil {
			continue
		}
		undone = true
		select {
		case <-ended:
		case <-ctx.Done():
			return undone
		}
	}
	return undone
}

// claim enters the heir for the paths, and takes what has been left there. It reports whether a
// destruction of this run has undone what it had of one that the heir did not claim before.
func (h *Heir) claim(paths []string) (undone bool) {
	all := &h.session.handover
	all.mu.Lock()
	defer all.mu.Unlock()
	for _, path := range paths {
		p := part{h.what, path}
		if h.paths[path] {
			continue
		}
		h.paths[path] = true
		undone = undone || all.ended[p]
		all.heirs[p] = append(all.heirs[p], h)
		if memory, ok := all.left[p]; ok {
			delete(all.left, p)
			h.receive(path, memory)
			if all.picked != nil {
				close(all.picked)
				all.picked = nil
			}
		}
	}
	return undone
}

// Await waits for a destruction that gives up something of what the heir claims, unless one
// has done so already, and returns all that was given up so far. It gives up itself when nothing
// is destroyed for a while.
//
// A creation that waits takes one of the few places that the CLI has for what runs at the same
// time. So those that wait do not give up together, but the oldest first: its place may be what
// the destruction that the next one waits for has lacked. And each that waits in vain lets
// those after it wait half as long, until one does not: a thousand creations that find
// something do not wait a thousand times as long.
func (h *Heir) Await(ctx context.Context) map[string]any {
	if !h.enlist() {
		return h.Received()
	}
	defer h.leave()
	for {
		timer := time.NewTimer(h.session.patience())
		select {
		case <-h.news:
		case <-timer.C:
			if h.inVain() {
				return h.Received()
			}
		case <-ctx.Done():
			timer.Stop()
			return h.Received()
		}
		timer.Stop()
		if got := h.Received(); len(got) > 0 {
			return got
		}
	}
}

func (s *Session) patience() time.Duration {
	s.handover.mu.Lock()
	defer s.handover.mu.Unlock()
	return s.handover.patience
}

// enlist has the heir wait. It reports false where there is no need to, or no use.
func (h *Heir) enlist() bool {
	all := &h.session.handover
	all.mu.Lock()
	defer all.mu.Unlock()
	if len(h.memories) > 0 || len(h.paths) == 0 || all.vain == all.given {
		return false
	}
	all.waiting = append(all.waiting, h)
	return true
}

// leave ends the wait. Who got something shows that it is worth it.
func (h *Heir) leave() {
	all := &h.session.handover
	all.mu.Lock()
	defer all.mu.Unlock()
	all.waiting = slices.DeleteFunc(all.waiting, func(other *Heir) bool { return other == h })
	if len(h.memories) > 0 {
		all.patience = quiet
	}
}

// inVain reports whether the heir, for which nothing has come in time, is to give up.
func (h *Heir) inVain() bool {
	all := &h.session.handover
	all.mu.Lock()
	defer all.mu.Unlock()
	if len(h.memories) > 0 || h != all.waiting[0] || time.Since(all.last) < all.patience {
		return false
	}
	all.vain, all.last = all.given, time.Now()
	all.patience = max(all.patience/2, leastPatience)
	return true
}

// Received returns what was given up so far of what the heir claims.
func (h *Heir) Received() map[string]any {
	h.session.handover.mu.Lock()
	defer h.session.handover.mu.Unlock()
	if len(h.memories) == 0 {
		return nil
	}
	return maps.Clone(h.memories)
}

// Took notes that the resource needs the nodes from here on, as it found them. It does not own
// them: whoever gives one up is told what was found.
func (h *Heir) Took(found map[string]any) {
	h.session.handover.mu.Lock()
	defer h.session.handover.mu.Unlock()
	for path, what := range found {
		h.session.handover.take(part{h.what, path}).found = what
	}
}

// Close ends the creation. It returns what was given up, all of it: what comes later is no
// longer for the heir.
func (h *Heir) Close() map[string]any {
	all := &h.session.handover
	all.mu.Lock()
	defer all.mu.Unlock()
	for path := range h.paths {
		p := part{h.what, path}
		all.heirs[p] = slices.DeleteFunc(all.heirs[p], func(other *Heir) bool { return other == h })
		if len(all.heirs[p]) == 0 {
			delete(all.heirs, p)
		}
		if all.taken[p] == nil {
			all.missed[p] = true
		}
	}
	clear(h.paths)
	return h.memories
}
