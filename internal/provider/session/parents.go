package session

import "context"

// parents remembers the nodes that were made as parents on the way to another node and
// that no resource has claimed yet. Terraform runs resources in no particular order
// unless one refers to another, so a parent's own resource may come after its child's.
type parents struct {
	// busy holds one token. Whoever makes parents holds it from before it makes them until
	// they are in made, and so does whoever looks there: a node that exists because it is
	// being made right now is never taken for somebody else's. A channel and not a mutex,
	// because making parents takes round trips, and waiting for it must end with the
	// caller's context.
	busy chan struct{}
	made map[string]bool
}

func newParents() parents {
	return parents{busy: make(chan struct{}, 1), made: make(map[string]bool)}
}

func (p *parents) lock(ctx context.Context) error {
	select {
	case p.busy <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (p *parents) unlock() { <-p.busy }

// MakeParents runs create, which makes missing parents on its way and returns the paths
// of those that it made, also when it fails. One runs at a time: those that wait most
// often find their parents made.
func (s *Session) MakeParents(ctx context.Context, create func() (made []string, err error)) error {
	if err := s.parents.lock(ctx); err != nil {
		return err
	}
	defer s.parents.unlock()
	made, err := create()
	for _, path := range made {
		s.parents.made[path] = true
	}
	return err
}

// Claim tells whether the node was made as a parent in this run and not claimed before.
// It waits for parents that are being made.
func (s *Session) Claim(ctx context.Context, path string) (bool, error) {
	if err := s.parents.lock(ctx); err != nil {
		return false, err
	}
	defer s.parents.unlock()
	ours := s.parents.made[path]
	delete(s.parents.made, path)
	return ours, nil
}

// ClaimAll claims all of the nodes, or none: it tells whether each was made as a parent in
// this run and not claimed before.
func (s *Session) ClaimAll(ctx context.Context, paths []string) (bool, error) {
	if err := s.parents.lock(ctx); err != nil {
		return false, err
	}
	defer s.parents.unlock()
	for _, path := range paths {
		if !s.parents.made[path] {
			return false, nil
		}
	}
	for _, path := range paths {
		delete(s.parents.made, path)
	}
	return true, nil
}
