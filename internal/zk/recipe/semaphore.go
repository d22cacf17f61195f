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
	"terraform-provider-zookeeper/internal/zk/shown"
)

// SemaphoreOptions say how to contend for a lease of a semaphore.
type SemaphoreOptions struct {
	// Identifier tells others who holds a lease; see [Semaphore.Holders].
	Identifier string
	// ACL is that of the nodes that are made; nil for the client's default. It is as in
	// [LockOptions].
	ACL []zk.ACL
	// Notation says whom the semaphore is shared with, kazoo by default. Curator's, an
	// InterProcessSemaphoreV2, does not store the number of leases: nobody compares it.
	Notation Notation
}

// Semaphore is a number of leases that processes share.
type Semaphore struct {
	client   *zk.Client
	notation Notation
	path     string
	taken    string // the parent of the leases
	leases   int
	data     []byte
	acl      []zk.ACL
	turn     line // for those who ask for a lease
}

// What Curator has below a semaphore, and how its leases are called.
const (
	curatorLeases = "leases"
	curatorLocks  = "locks"
	leaseMarker   = "-lease-"
)

// NewSemaphore returns the semaphore of the path, which has that many leases, at least one.
// It makes no request.
func NewSemaphore(client *zk.Client, path string, leases int, o SemaphoreOptions) (*Semaphore, error) {
	if err := errors.Join(valid(path, o.Identifier), o.Notation.valid()); err != nil {
		return nil, err
	}
	if path == "/" {
		return nil, errors.New(`the path "/" cannot be a semaphore: all of its children would count as leases`)
	}
	if leases < 1 {
		return nil, fmt.Errorf("a semaphore of %d leases admits nobody", leases)
	}
	s := &Semaphore{client: client, notation: o.Notation, path: path, taken: path, leases: leases, data: o.Notation.data(o.Identifier), acl: o.ACL}
	s.turn = line{client: client, notation: o.Notation, path: path + "-" + lockMarker, marker: lockMarker, data: s.data, acl: o.ACL}
	if o.Notation == Curator {
		s.taken = zk.Child(path, curatorLeases)
		s.turn.path, s.turn.marker = zk.Child(path, curatorLocks), mutexMarker
	}
	s.turn.waits = []string{s.turn.marker}
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
	return untilServed(ctx, s.client, s.path, func() (*ownNode, error) { return s.contend(ctx, wait) })
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
	var lease string
	if err = s.free(ctx, turn, wait); err == nil {
		lease, err = s.take(ctx, turn)
	}
	turn.close(ErrReleased)
	if err != nil {
		return nil, turn.leave(ctx, err)
	}
	n, err := own(ctx, s.client, lease)
	if err != nil {
		return nil, leave(ctx, s.client, lease, err)
	}
	n.guard(s.watchForeign)
	return n, nil
}

// watchForeign looks whether somebody has come who holds leases in the other notation, and leaves a
// watch for that: of a node that is not there as long as nobody has.
func (s *Semaphore) watchForeign(ctx context.Context) (w *zk.Watch, err error) {
	var names []string
	if s.notation == Curator {
		names, _, w, err = s.client.ChildrenWatch(ctx, s.path)
	} else {
		var there bool
		if _, there, w, err = s.client.ExistsWatch(ctx, zk.Child(s.path, curatorLeases)); there {
			names = []string{curatorLeases}
		}
	}
	if err == nil {
		err = s.foreign(s.path, names)
	}
	if err != nil && w != nil {
		w.Close()
	}
	return w, err
}

// ensure makes the semaphore's node, or compares the number of leases with its data. Curator's
// has no data to compare, but what may be there of kazoo's.
func (s *Semaphore) ensure(ctx context.Context) error {
	if s.notation == Curator {
		names, _, err := s.client.Children(ctx, s.path)
		if err != nil && !errors.Is(err, zk.ErrNoNode) {
			return err
		}
		if err := s.foreign(s.path, names); err != nil {
			return err
		}
		return container(ctx, s.client, s.taken, s.acl)
	}
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
		if over(ctx, s.client) != nil || !errors.Is(err, zk.ErrNodeExists) && !connectionLost(err) {
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
			names, _, w, err = s.client.ChildrenWatch(both, s.taken)
			return err
		})
		switch {
		case errors.Is(err, zk.ErrNoNode):
			return errAgain // it has been deleted
		case err != nil:
			return turn.reason(ctx, err)
		}
		if err := s.foreign(s.taken, names); err != nil {
			w.Close()
			return err
		}
		switch {
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
// the turn is this contender's. It returns the lease's path.
func (s *Semaphore) take(ctx context.Context, turn *ownNode) (string, error) {
	prefix := zk.Child(s.taken, s.notation.unique())
	o := zk.CreateOptions{Mode: zk.Ephemeral, ACL: s.acl}
	if s.notation == Curator {
		prefix += leaseMarker
		o.Mode = zk.EphemeralSequential
	}
	unknown := false
	var made []zk.OpResult
	err := persist(ctx, s.client, func() (err error) {
		made, err = s.client.Multi(zk.InSession(ctx, turn.session), zk.DeleteOp(turn.path, zk.AnyVersion), zk.CreateOp(prefix, s.data, o))
		if errors.Is(err, zk.ErrOutcomeUnknown) {
			unknown = true
			return nil // not to be repeated
		}
		return err
	})
	switch {
	case unknown:
		// A lease that exists is given back. A caller that begins again does so too.
		return "", s.giveBack(ctx, prefix)
	case errors.Is(err, zk.ErrNoNode):
		return "", errAgain // the turn is lost, or the parent of the leases has been deleted
	case err != nil:
		return "", cmp.Or(ctx.Err(), err)
	}
	return made[1].Path, nil
}

// giveBack takes away the lease that begins with the prefix, if there is one, and returns why
// nothing was acquired.
func (s *Semaphore) giveBack(ctx context.Context, prefix string) error {
	reason := cmp.Or(ctx.Err(), errAgain)
	if s.notation == Kazoo {
		return leave(ctx, s.client, prefix, reason) // which is its name
	}
	leases := line{client: s.client, path: s.taken}
	var path string
	err := evenAfter(ctx, func(ctx context.Context) (err error) {
		path, err = leases.find(ctx, prefix)
		return err
	})
	switch {
	case errors.Is(err, zk.ErrSessionExpired), errors.Is(err, zk.ErrClosed):
		return err
	case err != nil:
		return stays(reason, prefix, err)
	case path == "":
		return reason
	}
	return leave(ctx, s.client, path, reason)
}

// foreign returns an error when one of the names in a folder of the semaphore is of the other notation.
func (s *Semaphore) foreign(folder string, names []string) error {
	of, is := "of Curator's InterProcessSemaphoreV2", func(name string) bool { return name == curatorLeases }
	if s.notation == Curator {
		of, is = "a lease of kazoo's Semaphore", isUUID
	}
	if i := slices.IndexFunc(names, is); i >= 0 {
		return fmt.Errorf("%w: %s is %s", ErrForeignContender, shown.Line(zk.Child(folder, names[i])), of)
	}
	return nil
}

// isUUID reports whether a name is one of kazoo's leases, 32 hexadecimal digits.
func isUUID(name string) bool { return len(name) == 32 && strings.Trim(name, "0123456789abcdef") == "" }

// Holders returns the identifiers of those who hold leases, the oldest lease first.
func (s *Semaphore) Holders(ctx context.Context) ([]string, error) {
	names, _, err := s.client.Children(ctx, s.taken)
	if err != nil && !errors.Is(err, zk.ErrNoNode) {
		return nil, err
	}
	if err := s.foreign(s.taken, names); err != nil {
		return nil, err
	}
	paths := make([]string, len(names))
	for i, name := range names {
		paths[i] = zk.Child(s.taken, name)
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
