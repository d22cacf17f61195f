package session

import (
	"strings"
	"sync"

	"terraform-provider-zookeeper/internal/zk"
)

// acts remembers what this run has done to nodes, so that it is not said of somebody else when
// another resource of the run comes across it.
type acts struct {
	mu sync.Mutex
	// n counts deletions and creations. deletedAt and madeAt say when they were, by path.
	n                 int
	deletedAt, madeAt map[string]int
	// wrote is the last version that this run has given to a part of a node.
	wrote map[part]writing
}

type writing struct {
	czxid   int64
	version int32
}

func newActs() acts {
	return acts{deletedAt: make(map[string]int), madeAt: make(map[string]int), wrote: make(map[part]writing)}
}

func (a *acts) made(paths ...string) { a.note(a.madeAt, paths) }

func (a *acts) note(at map[string]int, paths []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.n++
	for _, path := range paths {
		at[path] = a.n
	}
}

// Deleted notes that this run has deleted nodes, and whatever was below them.
func (s *Session) Deleted(paths ...string) { s.acts.note(s.acts.deletedAt, paths) }

// HasDeleted reports whether this run has deleted the node, by itself or with one above it, and
// has not made it again since.
func (s *Session) HasDeleted(path string) bool {
	deleted, made := s.acts.when(path)
	return deleted > made
}

// HasReplaced reports whether this run has deleted the node and made it again.
func (s *Session) HasReplaced(path string) bool {
	deleted, made := s.acts.when(path)
	return made > deleted && deleted > 0
}

// HasMade reports whether this run has made the node, or a resource of this run has taken it
// over.
func (s *Session) HasMade(path string) bool {
	deleted, made := s.acts.when(path)
	return made > deleted
}

// when returns when the node was last deleted and last made; 0 is never.
func (a *acts) when(path string) (deleted, made int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	made = a.madeAt[path]
	for {
		deleted = max(deleted, a.deletedAt[path])
		i := strings.LastIndexByte(path, '/')
		if i <= 0 {
			return deleted, made
		}
		path = path[:i]
	}
}

// Wrote notes that this run has set the part of a node, which has the stat since then.
func (s *Session) Wrote(what Part, path string, stat zk.Stat) {
	s.acts.mu.Lock()
	defer s.acts.mu.Unlock()
	s.acts.wrote[part{what, path}] = writing{stat.Czxid, versionOf(what, stat)}
}

// HasWritten reports whether the part of a node is as this run has set it.
func (s *Session) HasWritten(what Part, path string, stat zk.Stat) bool {
	s.acts.mu.Lock()
	defer s.acts.mu.Unlock()
	wrote, ok := s.acts.wrote[part{what, path}]
	return ok && wrote == writing{stat.Czxid, versionOf(what, stat)}
}

func versionOf(what Part, stat zk.Stat) int32 {
	if what == ItsACL {
		return stat.Aversion
	}
	return stat.Version
}
