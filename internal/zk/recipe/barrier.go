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
func (b *Barrier) Create(ctx context.Context) error {
	return makeOnce(ctx, b.client, b.path, b.notation.data(""), b.acl)
}

// makeOnce makes a persistent node, and those above it, unless it is there.
func makeOnce(ctx context.Context, client *zk.Client, path string, data []byte, acl []zk.ACL) error {
	for {
		_, err := client.Create(ctx, path, data, zk.CreateOptions{ACL: acl, MakeParents: true})
		switch {
		case err == nil, errors.Is(err, zk.ErrNodeExists):
			return nil
		case !again(ctx, err):
			return err
		}
	}
}

// Remove opens the barrier, and reports whether it was closed.
func (b *Barrier) Remove(ctx context.Context) (bool, error) { return removeOnce(ctx, b.client, b.path) }

// removeOnce deletes a node, and reports whether it was there.
func removeOnce(ctx context.Context, client *zk.Client, path string) (bool, error) {
	there := false
	for {
		err := client.Delete(ctx, path, zk.AnyVersion)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, zk.ErrNoNode):
			return there, nil
		case !again(ctx, err):
			return there, err
		}
		there = there || errors.Is(err, zk.ErrOutcomeUnknown)
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
		if err != nil && !errors.Is(err, zk.ErrSessionExpired) || err == nil && !there {
			return err
		}
	}
}
