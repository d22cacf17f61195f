package session

import (
	"context"
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
)

// handover lets what one resource of a run has taken over outlive the destruction of the one
// that had it before. Two resources of one apply have the same node after a replacement with
// create_before_destroy, and when a resource was renamed without a `moved` block. In which
// order the new one is created and the old one destroyed is the CLI's to decide.
type handover struct {
	mu sync.Mutex
	// taken are the parts that a resource of this run has since its creation.
	taken map[part]bool
	// waiting are the creations that wait for one that gives up what they found.
	waiting map[part]chan map[string]any
	// left are the parts that a destruction left as they are, with what it remembers.
	left map[part]any
	// given counts the destructions so far, and vain is how many there were when a creation
	// last waited for nothing: the next one waits only after there was another.
	given, vain int
}

type part struct {
	what Part
	path string
}

func newHandover() handover {
	return handover{taken: make(map[part]bool), waiting: make(map[part]chan map[string]any), left: make(map[part]any), vain: -1}
}

// Took notes that a resource of this run has the part of the nodes from here on: it has made
// them, taken them over, or needs them to be there.
func (s *Session) Took(what Part, paths ...string) {
	s.handover.mu.Lock()
	defer s.handover.mu.Unlock()
	for _, path := range paths {
		s.handover.taken[part{what, path}] = true
	}
}

// Taken reports whether a resource of this run has the part of the node since its creation.
func (s *Session) Taken(what Part, path string) bool {
	s.handover.mu.Lock()
	defer s.handover.mu.Unlock()
	return s.handover.taken[part{what, path}]
}

// GiveUp is called by a destruction, before it undoes anything, with the nodes that it has and
// what it remembers of each. It returns those that another resource of this run has: they
// stay as they are, and the others are the caller's to undo.
func (s *Session) GiveUp(what Part, nodes map[string]any) map[string]bool {
	s.handover.mu.Lock()
	defer s.handover.mu.Unlock()
	s.handover.given++
	offered := make(map[chan map[string]any]map[string]any)
	kept := make(map[string]bool)
	for path, memory := range nodes {
		p := part{what, path}
		if heir, ok := s.handover.waiting[p]; ok {
			if offered[heir] == nil {
				offered[heir] = make(map[string]any)
			}
			offered[heir][path] = memory
			s.handover.taken[p] = true
			delete(s.handover.waiting, p)
		}
		if s.handover.taken[p] {
			kept[path] = true
		}
	}
	for heir, memories := range offered {
		heir <- memories // it has room for one, and no second follows
		for p, other := range s.handover.waiting {
			if other == heir {
				delete(s.handover.waiting, p)
			}
		}
	}
	return kept
}

// Await is called by a creation that finds at some paths what may be its predecessor's: it
// waits for a destruction of this run that gives up some of them, and returns what that
// remembers of each. From then on the caller has them. It returns nothing where none comes
// within a moment: destructions that can run at the same time are on their way already.
func (s *Session) Await(ctx context.Context, what Part, paths ...string) map[string]any {
	heir := make(chan map[string]any, 1)
	if memories := s.inherit(what, paths); len(memories) > 0 {
		return memories
	}
	if !s.wait(heir, what, paths) {
		return nil
	}
	timer := time.NewTimer(quiet)
	defer timer.Stop()
	select {
	case memories := <-heir:
		return memories
	case <-timer.C:
	case <-ctx.Done():
	}
	s.handover.mu.Lock()
	defer s.handover.mu.Unlock()
	for p, other := range s.handover.waiting {
		if other == heir {
			delete(s.handover.waiting, p)
		}
	}
	s.handover.vain = s.handover.given
	select {
	case memories := <-heir: // it came while the wait ended
		return memories
	default:
		return nil
	}
}

// inherit takes what a destruction has left at the paths.
func (s *Session) inherit(what Part, paths []string) map[string]any {
	s.handover.mu.Lock()
	defer s.handover.mu.Unlock()
	memories := make(map[string]any)
	for _, path := range paths {
		p := part{what, path}
		if memory, ok := s.handover.left[p]; ok {
			memories[path] = memory
			delete(s.handover.left, p)
			s.handover.taken[p] = true
		}
	}
	return memories
}

// wait enters a creation for the paths. It reports false where waiting is in vain.
func (s *Session) wait(heir chan map[string]any, what Part, paths []string) bool {
	s.handover.mu.Lock()
	defer s.handover.mu.Unlock()
	if s.handover.vain == s.handover.given {
		return false
	}
	for _, path := range paths {
		if p := (part{what, path}); s.handover.waiting[p] == nil && !s.handover.taken[p] {
			s.handover.waiting[p] = heir
		}
	}
	return true
}

// Leave notes that a destruction leaves nodes as they are, by the user's wish. A creation of this
// run that comes later and finds one of them gets it from [Session.Await].
func (s *Session) Leave(what Part, nodes map[string]any) {
	kept := s.GiveUp(what, nodes)
	s.handover.mu.Lock()
	defer s.handover.mu.Unlock()
	for path, memory := range nodes {
		if !kept[path] {
			s.handover.left[part{what, path}] = memory
		}
	}
}
