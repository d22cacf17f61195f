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
	// wrote is what is known of the stats that this run's last writes to parts of nodes left.
	wrote map[part]zk.Stat
}

func newActs() acts {
	return acts{deletedAt: make(map[string]int), madeAt: make(map[string]int), wrote: make(map[part]zk.Stat)}
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

// Wrote notes that this run has set the part of a node, which has the stat since then, as far as
// that is known.
func (s *Session) Wrote(what Part, path string, stat zk.Stat) {
	s.acts.mu.Lock()
	defer s.acts.mu.Unlock()
	s.acts.wrote[part{what, path}] = stat
}

// WroteBeforeSecret notes the stat that setting the ACL of a node left, where that was done for a
// secret and no configuration has it: another resource of the run that has the ACL goes on from there.
func (s *Session) WroteBeforeSecret(path string, stat zk.Stat) {
	s.Wrote(ItsACL, path, stat)
	s.Wrote(beforeSecret, path, stat)
}

// HasClosed reports whether the ACL of a node is as [Session.WroteBeforeSecret] has noted it.
func (s *Session) HasClosed(path string, stat zk.Stat) bool {
	return s.HasWritten(beforeSecret, path, stat)
}

// HasWritten reports whether the part of a node, of which the stat is known in part, is as this
// run has set it.
func (s *Session) HasWritten(what Part, path string, stat zk.Stat) bool {
	s.acts.mu.Lock()
	defer s.acts.mu.Unlock()
	wrote, ok := s.acts.wrote[part{what, path}]
	switch {
	case !ok:
		return false
	case what == Whole && wrote.Mzxid != 0 && stat.Mzxid != 0:
		return wrote.Mzxid == stat.Mzxid
	case wrote.Czxid == 0 || stat.Czxid == 0:
		return true
	case what == Whole:
		return wrote.Czxid == stat.Czxid && wrote.Version == stat.Version
	default: // servers keep no transaction of it
		return wrote.Czxid == stat.Czxid && wrote.Aversion == stat.Aversion
	}
}

// noteBatch notes what a batch has done.
func (s *Session) noteBatch(writes []zk.Write, results []zk.WriteResult) {
	for i, w := range writes {
		if !results[i].Done {
			continue
		}
		switch w.Kind {
		case zk.WriteCreate, zk.WriteEnsure:
			s.acts.made(w.Path)
			s.Wrote(Whole, w.Path, zk.Stat{Mzxid: results[i].Zxid})
		case zk.WriteSet:
			s.Wrote(Whole, w.Path, zk.Stat{Mzxid: results[i].Zxid})
		case zk.WriteDelete, zk.WritePrune:
			s.Deleted(w.Path)
		default:
		}
	}
}
