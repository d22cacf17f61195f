package recipe

import (
	"context"
	"errors"

	"terraform-provider-zookeeper/internal/zk"
)

// watchChildren returns the names of a node's children with a watch for a change of them. Of a
// node that is missing there are none, and the watch is for its creation.
func watchChildren(ctx context.Context, client *zk.Client, path string) (names []string, w *zk.Watch, err error) {
	for {
		err = persist(ctx, client, func() (err error) {
			names, _, w, err = client.ChildrenWatch(ctx, path)
			return err
		})
		if !errors.Is(err, zk.ErrNoNode) {
			break
		}
		var there bool
		err = persist(ctx, client, func() (err error) {
			_, there, w, err = client.ExistsWatch(ctx, path)
			return err
		})
		if err != nil || !there {
			break
		}
		w.Close()
	}
	if errors.Is(err, zk.ErrSessionExpired) && over(ctx, client) == nil {
		return watchChildren(ctx, client, path)
	}
	return names, w, err
}

// next waits until one of the watches has something to tell, or has ended with its session:
// either way it is to be looked again.
func next(ctx context.Context, watches ...*zk.Watch) error {
	ready := [2]<-chan struct{}{}
	for i, w := range watches {
		ready[i] = w.Ready()
	}
	at := 0
	select {
	case <-ready[0]:
	case <-ready[1]:
		at = 1
	case <-ctx.Done():
		return ctx.Err()
	}
	return told(ctx, watches[at])
}

// told takes what a watch that is ready has to tell.
func told(ctx context.Context, w *zk.Watch) error {
	if _, err := w.Next(ctx); err != nil && !errors.Is(err, zk.ErrSessionExpired) {
		return err
	}
	return nil
}

// reconnections returns a channel that yields when the client has been connected since it was
// last read from, and what ends that.
func reconnections(client *zk.Client) (back <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	return c, client.AddListener(func(s zk.State) {
		if s != zk.StateConnected {
			return
		}
		select {
		case c <- struct{}{}:
		default:
		}
	})
}
