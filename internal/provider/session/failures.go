package session

import "sync"

// failures counts the operations of a run that failed, by what is wrong.
type failures struct {
	mu    sync.Mutex
	count map[string]int
}

// Failed counts one more operation that failed for a reason that the operations of a run share,
// such as a lost lock. It returns how many have.
func (s *Session) Failed(reason string) int {
	s.failures.mu.Lock()
	defer s.failures.mu.Unlock()
	if s.failures.count == nil {
		s.failures.count = make(map[string]int)
	}
	s.failures.count[reason]++
	return s.failures.count[reason]
}
