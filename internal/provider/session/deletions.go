package session

import (
	"context"
	"errors"
	"sync"
	"time"

	"terraform-provider-zookeeper/internal/zk"
)

// quiet is how long a deletion that finds children waits for another deletion of this run
// to end before it gives up. Those that can run at the same time are on their way
// already, so it is about the time of one round trip, and not of a whole destroy.
const quiet = time.Second

// deletions tells those that wait when a node was deleted.
type deletions struct {
	mu   sync.Mutex
	next chan struct{} // closed at the next deletion
}

func newDeletions() deletions { return deletions{next: make(chan struct{})} }

func (d *deletions) wait() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.next
}

func (d *deletions) done() {
	d.mu.Lock()
	defer d.mu.Unlock()
	close(d.next)
	d.next = make(chan struct{})
}

// Delete runs remove, which deletes the node at path, and perhaps what is below it, in turn with
// the other deletions of this run, see [Session.InTurn].
//
// What was given up of the node is undone then, see [Session.GiveUp].
func (s *Session) Delete(ctx context.Context, path string, remove func() error) error {
	defer s.Undone(Whole, path)
	return s.InTurn(ctx, path, func() error {
		err := remove()
		if err == nil {
			s.Deleted(path)
		}
		return err
	})
}

// InTurn runs remove, which deletes nodes at the path and below it. A node whose children are
// resources of their own may come before them, unless they refer to it, and then remove finds
// children, or a tree that changes under its hands. It is tried again whenever this run has
// deleted another node, and for a last time when none has been deleted for a while.
func (s *Session) InTurn(ctx context.Context, path string, remove func() error) error {
	for last := false; ; {
		next := s.deletions.wait()
		err := remove()
		if err == nil {
			s.deletions.done()
			return nil
		}
		if last || !HasChildren(path, err) {
			return err
		}
		last = !waitNext(ctx, next)
		if ctx.Err() != nil {
			return err
		}
	}
}

// Prune removes a node when there is nothing in it, in an order that suits the other
// deletions of this run. The error is that of [zk.Client.Prune].
func (s *Session) Prune(ctx context.Context, node Made) error {
	client, err := s.Client(ctx)
	if err != nil {
		return err
	}
	return s.Delete(ctx, node.Path, func() error { return client.Prune(ctx, node.Path, node.Czxid) })
}

// HasChildren reports whether the deletion of the node at path failed because of nodes below
// it: there are some, or one was gone when its turn came.
func HasChildren(path string, err error) bool {
	if errors.Is(err, zk.ErrNotEmpty) {
		return true
	}
	if !errors.Is(err, zk.ErrNoNode) {
		return false
	}
	if e, ok := errors.AsType[*zk.MultiError](err); ok {
		return e.Path != path
	}
	e, isE := errors.AsType[*zk.Error](err)
	return isE && e.Path != path
}

// waitNext reports whether next was closed before the wait was over.
func waitNext(ctx context.Context, next <-chan struct{}) bool {
	timer := time.NewTimer(quiet)
	defer timer.Stop()
	select {
	case <-next:
		return true
	case <-timer.C:
		return false
	case <-ctx.Done():
		return false
	}
}
