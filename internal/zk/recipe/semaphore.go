package recipe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"terraform-provider-zookeeper/internal/zk"
)

// SemaphoreOptions say how to contend for a lease of a semaphore.
type SemaphoreOptions struct {
	// Identifier tells others who holds a lease; see [Semaphore.Holders].
	Identifier string
	// ACL is that of the nodes that are made; nil for the client's default. It is as in
	// [LockOptions].
	ACL []zk.ACL
}

// Semaphore is a number of leases that processes share.
type Semaphore struct {
	client *zk.Client
	path   string
	leases int
	data   []byte
	acl    []zk.ACL
	turn   queue // for those who ask for a lease
}

// NewSemaphore returns the semaphore of the path, which has that many leases, at least one.
// It makes no request.
func NewSemaphore(client *zk.Client, path string, leases int, o SemaphoreOptions) (*Semaphore, error) {
	if err := valid(path, o.Identifier); err != nil {
		return nil, err
	}
	if path == "/" {
		return nil, errors.New(`the path "/" cannot be a semaphore: all of its children would count as leases`)
	}
	if leases < 1 {
		return nil, fmt.Errorf("a semaphore of %d leases admits nobody", leases)
	}
	s := &Semaphore{client: client, path: path, leases: leases, data: []byte(o.Identifier), acl: o.ACL}
	s.turn = queue{
		client: client,
		path:   path + "-" + lockMarker,
		marker: lockMarker,
		waits:  []string{lockMarker},
		data:   s.data,
		acl:    o.ACL,
	}
	return s, nil
}

// Acquire waits until a lease is held, or ctx ends: the error is then that of ctx. It makes
// the semaphore's node when that is missing. The error is [ErrMaxLeases] when the node says
// another number of leases. Until the contender stands in line, a server that cannot be
// reached is an error; from then on the connection may come and go.
func (s *Semaphore) Acquire(ctx context.Context) (*Held, error) { return s.acquire(ctx, true) }

// TryAcquire is Acquire that does not wait for others: the error is [ErrLocked] when there
// is no lease left, and when somebody else is about to take one.
func (s *Semaphore) TryAcquire(ctx context.Context) (*Held, error) { return s.acquire(ctx, false) }

func (s *Semaphore) acquire(ctx context.Context, wait bool) (*Held, error) {
	return untilServed(ctx, s.path, func() (*ownNode, error) { return s.contend(ctx, wait) })
}

// contend waits for one turn, and with it for a lease.
func (s *Semaphore) contend(ctx context.Context, wait bool) (*ownNode, error) {
	if err := s.ensure(ctx); err != nil {
		return nil, err
	}
	turn, err := s.turn.contend(ctx, wait)
	if err != nil {
		return nil, err
	}
	lease := zk.Child(s.path, uuid())
	if err = s.free(ctx, turn, wait); err == nil {
		err = s.take(ctx, turn, lease)
	}
	turn.close(ErrReleased)
	if err != nil {
		return nil, leave(ctx, s.client, turn.path, err)
	}
	n, err := own(ctx, s.client, lease)
	if err != nil {
		return nil, leave(ctx, s.client, lease, err)
	}
	return n, nil
}

// ensure makes the semaphore's node, or compares the number of leases with its data.
func (s *Semaphore) ensure(ctx context.Context) error {
	for {
		data, _, err := s.client.Get(ctx, s.path)
		if err == nil {
			leases, err := strconv.Atoi(strings.TrimSpace(string(data)))
			if err == nil && leases != s.leases {
				return fmt.Errorf("%w: %d, and not %d", ErrMaxLeases, leases, s.leases)
			}
			return nil
		}
		if errors.Is(err, zk.ErrNoNode) {
			_, err = s.client.Create(ctx, s.path, []byte(strconv.Itoa(s.leases)), zk.CreateOptions{ACL: s.acl, MakeParents: true})
			if err == nil {
				return nil
			}
		}
		// Somebody else may have made it, or this client without being told.
		if ctx.Err() != nil || !errors.Is(err, zk.ErrNodeExists) && !connectionLost(err) {
			return err
		}
	}
}

// free waits until there is a lease that nobody has. Only whoever has the turn asks.
func (s *Semaphore) free(ctx context.Context, turn *ownNode, wait bool) error {
	both, cancel := turn.context(ctx, turn.cause)
	defer cancel()
	for {
		var names []string
		var w *zk.Watch
		err := persist(both, s.client, func() (err error) {
			names, _, w, err = s.client.ChildrenWatch(both, s.path)
			return err
		})
		switch {
		case errors.Is(err, zk.ErrNoNode):
			return errAgain // it has been deleted
		case err != nil:
			return turn.reason(ctx, err)
		case len(names) < s.leases:
			return nil
		case !wait:
			return ErrLocked
		}
		if _, err := w.Next(both); err != nil {
			return turn.reason(ctx, err)
		}
	}
}

// take makes the lease and gives the turn back, both or neither: a lease is made only while
// the turn is this contender's.
func (s *Semaphore) take(ctx context.Context, turn *ownNode, lease string) error {
	unknown := false
	err := persist(ctx, s.client, func() error {
		_, err := s.client.Multi(ctx,
			zk.DeleteOp(turn.path, zk.AnyVersion),
			zk.CreateOp(lease, s.data, zk.CreateOptions{Mode: zk.Ephemeral, ACL: s.acl}))
		if errors.Is(err, zk.ErrOutcomeUnknown) {
			unknown = true
			return nil // not to be repeated
		}
		return err
	})
	switch {
	case unknown:
		// What is there is given back, by whoever begins again as well.
		return leave(ctx, s.client, lease, cmp.Or(ctx.Err(), errAgain))
	case errors.Is(err, zk.ErrNoNode):
		return errAgain // the turn is lost, or the semaphore's own node has been deleted
	case err == nil:
		return nil
	}
	return cmp.Or(ctx.Err(), err)
}

// Holders returns the identifiers of those who hold leases, the oldest lease first.
func (s *Semaphore) Holders(ctx context.Context) ([]string, error) {
	names, _, err := s.client.Children(ctx, s.path)
	if err != nil && !errors.Is(err, zk.ErrNoNode) {
		return nil, err
	}
	paths := make([]string, len(names))
	for i, name := range names {
		paths[i] = zk.Child(s.path, name)
	}
	readings, err := identifiers(ctx, s.client, paths)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(readings, func(a, b zk.Reading) int { return cmp.Compare(a.Stat.Czxid, b.Stat.Czxid) })
	out := make([]string, len(readings))
	for i, r := range readings {
		out[i] = string(r.Data)
	}
	return out, nil
}
