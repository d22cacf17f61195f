package session

import "sync"

// intents remembers what users wrote and what the plan makes of resources, by type and path: the
// provider does not learn the names of resources.
type intents struct {
	mu sync.Mutex
	// kept, created and destroyed count resources, to find those that look renamed: one is
	// destroyed and another of the same type and path created.
	kept, created, destroyed map[[2]string]int
	// words are the values of an attribute as users wrote them.
	words map[[2]string]map[string]bool
}

func newIntents() intents {
	return intents{
		kept: make(map[[2]string]int), created: make(map[[2]string]int), destroyed: make(map[[2]string]int),
		words: make(map[[2]string]map[string]bool),
	}
}

// Words notes the value of an attribute that a configuration has while it is validated: in the
// user's own words.
func (s *Session) Words(typ, path, value string) {
	s.intents.mu.Lock()
	defer s.intents.mu.Unlock()
	key := [2]string{typ, path}
	if s.intents.words[key] == nil {
		s.intents.words[key] = make(map[string]bool)
	}
	s.intents.words[key][value] = true
}

// Ignores reports whether ignore_changes has put the value into the configuration that a plan
// gets: it is not what the user wrote. The CLIs validate that right before they plan. The path
// may be ignored as well: then what was written for any resource of the type counts.
func (s *Session) Ignores(typ, path, value string) bool {
	s.intents.mu.Lock()
	defer s.intents.mu.Unlock()
	words := s.intents.words[[2]string{typ, path}]
	if len(words) > 0 {
		return !words[value]
	}
	known := false
	for key, words := range s.intents.words {
		if key[0] == typ {
			if words[value] {
				return false
			}
			known = true
		}
	}
	return known
}

// Plans notes what a plan makes of a resource: its path in the state, and its path in the plan.
// Each is empty where there is none, or where it is not known yet. It reports whether, with this
// one, the plan destroys one resource of the type and creates another with the same path. It
// does so once for each two, and never during an apply.
//
// A replacement is planned twice, with the state and then without one. That is no creation
// beside a destruction: it is told by the first of the two, which names the path on both sides.
func (s *Session) Plans(typ, before, after string) (renamed bool) {
	s.intents.mu.Lock()
	defer s.intents.mu.Unlock()
	in := &s.intents
	switch {
	case before != "" && after != "":
		in.kept[[2]string{typ, after}]++
		return false
	case after == "" && before == "":
		return false
	case after == "":
		in.destroyed[[2]string{typ, before}]++
	default:
		key := [2]string{typ, after}
		if in.kept[key] > 0 {
			in.kept[key]--
			return false
		}
		in.created[key]++
	}
	key := [2]string{typ, before + after}
	if in.created[key] == 0 || in.destroyed[key] == 0 || s.applies() {
		return false
	}
	in.created[key]--
	in.destroyed[key]--
	return true
}

// applies reports whether this run has begun to apply something: the process of an apply plans
// too, each resource right before its turn.
func (s *Session) applies() bool {
	s.handover.mu.Lock()
	defer s.handover.mu.Unlock()
	return s.handover.given > 0 || len(s.handover.taken) > 0
}
