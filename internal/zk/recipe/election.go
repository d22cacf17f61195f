package recipe

import (
	"context"
	"errors"
	"math"

	"terraform-provider-zookeeper/internal/zk"
)

// Election is a lock whose holder leads. Whoever only wants to know who leads asks it without
// standing.
type Election struct{ lock *Lock }

// NewElection returns the election of the path: kazoo's Election, or Curator's LeaderSelector.
// It makes no request.
func NewElection(client *zk.Client, path string, o LockOptions) (*Election, error) {
	lock, err := NewLock(client, path, o)
	if err != nil {
		return nil, err
	}
	return &Election{lock}, nil
}

// NewLeaderLatch returns the election of the path in the notation of Curator's LeaderLatch,
// whatever the options say. It makes no request.
func NewLeaderLatch(client *zk.Client, path string, o LockOptions) (*Election, error) {
	id := o.Identifier
	o.Notation = Curator
	lock, err := newLock(client, path, o, latchMarker, latchMarker)
	if err != nil {
		return nil, err
	}
	lock.line.data = []byte(id) // which is empty where Curator is given none
	return &Election{lock}, nil
}

// Lead stands until this client leads, or ctx ends. It leads until it is released, or the
// leadership is lost: [Held] tells.
func (e *Election) Lead(ctx context.Context) (*Held, error) { return e.lock.Acquire(ctx) }

// TryLead is Lead that does not wait: the error is [ErrLocked] when somebody else leads.
func (e *Election) TryLead(ctx context.Context) (*Held, error) { return e.lock.TryAcquire(ctx) }

// Run stands until this client leads, and then calls f with a context that ends when it leads
// no more. It returns when f has, and the leadership has been given back. The errors of f, of
// the leadership's loss and of giving it back are in the one that it returns.
func (e *Election) Run(ctx context.Context, f func(context.Context) error) error {
	held, err := e.Lead(ctx)
	if err != nil {
		return err
	}
	leading, cancel := held.Context(ctx)
	err = f(leading)
	cancel()
	return errors.Join(err, held.Release(ctx))
}

// Leader returns the identifier of who leads, and whether anybody does. A contender of another
// notation is an error, [ErrForeignContender].
func (e *Election) Leader(ctx context.Context) (identifier string, ok bool, err error) {
	first, _, err := e.lock.FirstContenders(ctx, 1)
	if err != nil || len(first) == 0 {
		return "", false, err
	}
	return first[0], true, nil
}

// Contenders returns the identifiers of who leads and of those who wait for it, in the
// order in which they will lead.
func (e *Election) Contenders(ctx context.Context) ([]string, error) { return e.lock.Contenders(ctx) }

// Line returns who leads and, after it, those who stand in line, in the order in which they will
// lead. The error is [zk.ErrNoNode] where the election's node does not exist.
func (e *Election) Line(ctx context.Context) ([]Contender, error) {
	line, _, err := e.lock.line.contenders(ctx, math.MaxInt)
	return line, err
}
