package session

import (
	"fmt"
	"sync"

	"terraform-provider-zookeeper/internal/provider/attr"
)

// owners remembers the paths of the nodes that resources create in this run.
type owners struct {
	mu    sync.Mutex
	paths map[string]bool
}

// Own reports whether the caller is the first resource of this run to create or take over
// the node at path. A second one is declared twice: whichever of the two came later would
// find the node, and take it for somebody else's, or take it over.
func (s *Session) Own(path string) bool {
	s.owners.mu.Lock()
	defer s.owners.mu.Unlock()
	if s.owners.paths[path] {
		return false
	}
	s.owners.paths[path] = true
	return true
}

// CheckManaged says what is wrong with the path of a node that a resource creates and
// deletes: by itself, and below the chroot, where it may lead to ZooKeeper's own nodes.
func (s *Session) CheckManaged(path string) error {
	if err := attr.CheckManagedPath(path); err != nil {
		return err
	}
	if err := attr.CheckManagedPath(s.chroot + path); err != nil {
		return fmt.Errorf("below the chroot %q of the provider's servers: %w", s.chroot, err)
	}
	return nil
}
