package recipe

import (
	"context"
	"errors"

	"terraform-provider-zookeeper/internal/zk"
)

// BarrierOptions say how to make what a barrier is made of.
type BarrierOptions struct {
	// Identifier tells others who has come to a DoubleBarrier.
	Identifier string
	// ACL is that of the nodes that are made; nil for the client's default.
	ACL []zk.ACL
	// Notation says whom the barrier is shared with, kazoo by default. Both meet at one
	// barrier: the notations differ in what its nodes hold.
	Notation Notation
}

// Barrier is a node that, while it is there, holds up whoever waits for it: kazoo's Barrier
// and Curator's DistributedBarrier.
type Barrier struct {
	client   *zk.Client
	notation Notation
	path     string
	acl      []zk.ACL
}

// NewBarrier returns the barrier of the path. It makes no request.
func NewBarrier(client *zk.Client, path string, o BarrierOptions) (*Barrier, error) {
	if err := errors.Join(zk.ValidatePath(path), o.Notation.valid()); err != nil {
		return nil, err
	}
	return &Barrier{client: client, notation: o.Notation, path: path, acl: o.ACL}, nil
}

// Create closes the barrier. One that is closed is left as it is.
//
// With [zk.ErrOutcomeUnknown], which takes a lost reply, it may have been closed, and opened again by
// somebody else.
func (b *Barrier) Create(ctx context.Context) error {
	for {
		_, err := b.client.Create(ctx, b.path, b.notation.data(""), zk.CreateOptions{ACL: b.acl, MakeParents: true})
		switch {
		case err == nil, errors.Is(err, zk.ErrNodeExists):
			return nil
		case errors.Is(err, zk.ErrOutcomeUnknown):
			// No second one is made: somebody may have opened the first.
			_, there, lookErr := settled(ctx, b.client, b.path)
			if there {
				return nil
			}
			return errors.Join(err, lookErr)
		case !connectionLost(err) || over(ctx, b.client) != nil:
			return err
		}
	}
}

// settled looks at a node when nothing that was sent before is still on its way.
func settled(ctx context.Context, client *zk.Client, path string) (stat zk.Stat, there bool, err error) {
	err = persist(ctx, client, func() error {
		err := client.Sync(ctx, path)
		if err == nil {
			stat, there, err = client.Exists(ctx, path)
		}
		return err
	})
	return stat, there && err == nil, err
}

// ensure makes a persistent node, and those above it, unless it is there: as often as it takes.
func ensure(ctx context.Context, client *zk.Client, path string, data []byte, acl []zk.ACL) error {
	for {
		_, err := client.Create(ctx, path, data, zk.CreateOptions{ACL: acl, MakeParents: true})
		switch {
		case err == nil, errors.Is(err, zk.ErrNodeExists):
			return nil
		case !again(ctx, client, err):
			return err
		}
	}
}

// Remove opens the barrier, and reports whether it was closed. After a lost reply it says that it was where
// it is open then, also if somebody else has opened it at that moment. With [zk.ErrOutcomeUnknown], which
// takes a lost reply too, it may have been opened, and closed again by somebody else.
func (b *Barrier) Remove(ctx context.Context) (bool, error) {
	for {
		err := b.client.Delete(ctx, b.path, zk.AnyVersion)
		unknown, ok := errors.AsType[*zk.OutcomeUnknownError](err)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, zk.ErrNoNode):
			return false, nil
		case ok:
			stat, there, lookErr := settled(ctx, b.client, b.path)
			switch {
			case lookErr != nil:
				return false, errors.Join(err, lookErr)
			case !there:
				return true, nil
			case stat.Czxid > unknown.Seen:
				return false, err // another one, or that which was to be deleted
			}
		case !connectionLost(err) || over(ctx, b.client) != nil:
			return false, err
		}
	}
}

// removeThat deletes the node of the czxid at a path, if it is there, and none that others have made there since.
func removeThat(ctx context.Context, client *zk.Client, path string, czxid int64) error {
	for {
		stat, _, err := settled(ctx, client, path)
		if err != nil || czxid == 0 || stat.Czxid != czxid {
			return err
		}
		if err := client.Delete(ctx, path, zk.AnyVersion); !again(ctx, client, err) {
			if errors.Is(err, zk.ErrNoNode) {
				return nil
			}
			return err
		}
	}
}

// Wait waits until the barrier is open, or ctx ends. While it waits the connection may come
// and go, and the session too.
func (b *Barrier) Wait(ctx context.Context) error {
	for {
		var there bool
		var w *zk.Watch
		err := persist(ctx, b.client, func() (err error) {
			_, there, w, err = b.client.ExistsWatch(ctx, b.path)
			return err
		})
		if err == nil && there {
			err = next(ctx, w)
		}
		if w != nil {
			w.Close()
		}
		switch {
		case err == nil && !there:
			return nil
		case err != nil && (!errors.Is(err, zk.ErrSessionExpired) || over(ctx, b.client) != nil):
			return err
		}
	}
}
