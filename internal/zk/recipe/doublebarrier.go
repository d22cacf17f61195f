package recipe

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"terraform-provider-zookeeper/internal/zk"
)

// readyName is the node that tells that all have come.
const readyName = "ready"

// DoubleBarrier lets a number of members begin together and end together: kazoo's
// DoubleBarrier and Curator's DistributedDoubleBarrier.
type DoubleBarrier struct {
	client   *zk.Client
	notation Notation
	path     string
	members  int
	data     []byte
	acl      []zk.ACL
}

// NewDoubleBarrier returns the barrier of the path for a number of members, at least one. It
// makes no request.
func NewDoubleBarrier(client *zk.Client, path string, members int, o BarrierOptions) (*DoubleBarrier, error) {
	if err := errors.Join(valid(path, o.Identifier), o.Notation.valid()); err != nil {
		return nil, err
	}
	if members < 1 {
		return nil, fmt.Errorf("a barrier of %d members holds up nobody", members)
	}
	return &DoubleBarrier{client: client, notation: o.Notation, path: path, members: members, data: o.Notation.data(o.Identifier), acl: o.ACL}, nil
}

// Entered is a member of a DoubleBarrier from its coming until it leaves. Its Held tells when
// the membership is lost, with which the others go on.
type Entered struct {
	*Held
	barrier *DoubleBarrier
	ready   int64 // the czxid of what said that all have come; 0 where that was gone again at once
}

// Enter waits until all members have come, or ctx ends: the member then has not come.
func (b *DoubleBarrier) Enter(ctx context.Context) (*Entered, error) {
	name := b.notation.unique()
	if b.notation == Curator {
		name = dashed() // it protects no name of a member
	}
	err := b.tidy(ctx)
	var n *ownNode
	if err == nil {
		n, err = join(ctx, b.client, b.notation, zk.Child(b.path, name), b.data, b.acl)
	}
	if err != nil {
		return nil, fmt.Errorf("entering %s: %w", b.path, err)
	}
	ready, err := b.gather(ctx, n)
	if err != nil {
		n.close(err)
		return nil, fmt.Errorf("entering %s: %w", b.path, n.leave(ctx, err))
	}
	return &Entered{belong(n, b.path), b, ready}, nil
}

// tidy takes away what says that all have come where nobody is: the last of those who had come
// has not left, but lost its session.
func (b *DoubleBarrier) tidy(ctx context.Context) error {
	if empty, err := b.empty(ctx); !empty {
		return err
	}
	ready, err := b.standing(ctx)
	if err != nil || ready == 0 {
		return err
	}
	// Of the round that nobody is in any more, and not of one that has begun in between.
	if empty, err := b.empty(ctx); !empty {
		return err
	}
	return removeThat(ctx, b.client, zk.Child(b.path, readyName), ready)
}

// empty reports whether there is what says that all have come, and nobody.
func (b *DoubleBarrier) empty(ctx context.Context) (empty bool, err error) {
	err = persist(ctx, b.client, func() error {
		names, _, err := b.client.Children(ctx, b.path)
		empty = len(names) == 1 && names[0] == readyName
		return err
	})
	if errors.Is(err, zk.ErrNoNode) {
		return false, nil
	}
	return empty, err
}

// standing returns the czxid of what says that all have come; 0 where it is not there.
func (b *DoubleBarrier) standing(ctx context.Context) (czxid int64, err error) {
	err = persist(ctx, b.client, func() error {
		stat, _, err := b.client.Exists(ctx, zk.Child(b.path, readyName))
		czxid = stat.Czxid
		return err
	})
	return czxid, err
}

// gather waits until all have come: the last one says so, and what says so has the czxid returned. It looks
// again when the connection is back.
func (b *DoubleBarrier) gather(ctx context.Context, n *ownNode) (ready int64, err error) {
	both, cancel := n.context(ctx, n.cause)
	defer cancel()
	back, stop := reconnections(b.client)
	defer stop()
	for {
		done, err := b.complete(both, back)
		if done && err == nil {
			ready, err = b.standing(both)
		}
		if err != nil {
			return 0, n.reason(ctx, err)
		}
		if done {
			return ready, nil
		}
	}
}

// complete reports whether all have come, or waits until it is to be looked again.
func (b *DoubleBarrier) complete(ctx context.Context, back <-chan struct{}) (bool, error) {
	ready := zk.Child(b.path, readyName)
	var there bool
	var w *zk.Watch
	err := persist(ctx, b.client, func() (err error) {
		_, there, w, err = b.client.ExistsWatch(ctx, ready)
		return err
	})
	if err != nil {
		return false, err
	}
	defer w.Close()
	if there {
		return true, nil
	}
	names, err := b.present(ctx)
	switch {
	case err != nil:
		return false, err
	case len(names) >= b.members:
		return true, ensure(ctx, b.client, ready, b.notation.data(""), b.acl)
	}
	select {
	case <-w.Ready():
		// That it came is enough, even if it is gone again.
		event, err := w.Next(ctx)
		return err == nil && event.Type == zk.EventCreated, err
	case <-back:
		return false, nil
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
}

// present returns the names of the members that are there.
func (b *DoubleBarrier) present(ctx context.Context) (names []string, err error) {
	err = persist(ctx, b.client, func() (err error) {
		names, _, err = b.client.Children(ctx, b.path)
		return err
	})
	if errors.Is(err, zk.ErrNoNode) {
		return nil, nil
	}
	return slices.DeleteFunc(names, func(name string) bool { return name == readyName }), err
}

// Leave waits until all members have left, or ctx ends. The member has left either way, or
// the error says that it could not be taken away. The error is [ErrLost] when the membership
// was lost before. The end of the session does not end the wait of a member whose own node has
// been taken away.
func (e *Entered) Leave(ctx context.Context) error {
	if err := e.leave(ctx); err != nil {
		return errors.Join(fmt.Errorf("leaving %s: %w", e.barrier.path, err), unlessLost(e.Release(ctx)))
	}
	return e.Release(ctx)
}

func unlessLost(err error) error {
	if errors.Is(err, ErrLost) {
		return nil
	}
	return err
}

// leave goes about it as the others do: the member with the lowest name goes last, and waits
// for the highest one; all others go, and wait for the lowest. What says that all have come goes
// with the last, as Curator does it: a member that had no connection meanwhile still learns of
// it. kazoo takes it away first. What says so of a later round stays. Who comes meanwhile comes to the next round, and is not waited for.
func (e *Entered) leave(ctx context.Context) error {
	b := e.barrier
	own := e.Path()[len(b.path):]
	if own[0] == '/' {
		own = own[1:]
	}
	var round []string
	for {
		names, err := b.present(ctx)
		if lost := e.Err(); errors.Is(lost, ErrLost) {
			return lost
		}
		if errors.Is(err, zk.ErrSessionExpired) && over(ctx, b.client) == nil {
			continue // a process that has left goes on in the next session, and one that has not is told there
		}
		if err != nil {
			return err
		}
		if round == nil {
			round = names
		}
		names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !slices.Contains(round, name) })
		others := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == own })
		if len(others) == 0 {
			return removeThat(ctx, b.client, zk.Child(b.path, readyName), e.ready)
		}
		wait := others[0]
		if names[0] == own {
			wait = others[len(others)-1]
		} else if slices.Contains(names, own) {
			if err := e.Release(ctx); err != nil {
				return err
			}
		}
		if err := change(ctx, b.client, zk.Child(b.path, wait)); err != nil && !errors.Is(err, zk.ErrSessionExpired) {
			return err
		}
	}
}
